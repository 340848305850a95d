#include "collector/log/kafka/reader.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "collector/log/batch_trim.h"
#include "collector/log/record_view.h"

namespace sluice::collector::kafka {
namespace {

// Brokers that give nothing for so long are away: the client comes back with its cursor.
constexpr int64_t kPatienceNanos = int64_t{15} * 1'000'000'000;
constexpr absl::Duration kDeliveredPatience = absl::Seconds(2);

// `placed` from the message at `offset` on.
PlacedBatch TrimTo(const PlacedBatch& placed, int64_t offset) {
  RecordCursor cursor(placed.batch.view.bytes.substr(placed.batch.view.records_begin));
  RecordView record;
  for (int64_t at = placed.first; at <= offset && cursor.Next(&record); ++at) continue;
  PlacedBatch trimmed;
  trimmed.first = offset;
  trimmed.end = placed.end;
  trimmed.batch.sequence = static_cast<uint64_t>(offset);
  trimmed.batch.append_unix_nano = placed.batch.append_unix_nano;
  trimmed.batch.bytes = SharedBytes::FromString(TrimBatch(placed.batch.view, record.offset));
  const absl::StatusOr<BatchView> view = BatchView::Parse(trimmed.batch.bytes.view());
  if (view.ok()) trimmed.batch.view = *view;
  return trimmed;
}

}  // namespace

Reader::Reader(Parts parts, Position start, std::function<bool(std::string_view)> topic_matches)
    : parts_(parts),
      start_(std::move(start)),
      made_nano_(parts.clock->MonotonicNanos()),
      topic_matches_(std::move(topic_matches)),
      lease_(parts.history->NewLease()) {
  if (const Offsets* offsets = OffsetsOf(start_); offsets != nullptr) carried_ = *offsets;
}

Reader::~Reader() {
  StopHistory();
  for (auto& [partition, part] : partitions_) LeaveHead(partition, &part);
  if (waiting_) parts_.head->RemoveWaiter();
}

void Reader::Learn() {
  const uint64_t version = parts_.catalog->version();
  if (std::exchange(learnt_, true) && version == version_) return;
  version_ = version;
  std::map<TopicPartition, std::string> wanted;
  for (const Catalog::Topic& topic : parts_.catalog->Topics()) {
    auto entry = matches_.find(topic.name);
    if (entry == matches_.end()) entry = matches_.emplace(topic.name, topic_matches_(topic.name)).first;
    if (!entry->second) continue;
    for (int32_t i = 0; i < topic.partitions; ++i) wanted[{parts_.names->ToKafka(topic.name), i}] = topic.name;
  }
  bool gone = false;
  for (auto entry = partitions_.begin(); entry != partitions_.end();) {
    if (wanted.contains(entry->first)) {
      ++entry;
      continue;
    }
    gone = true;
    // Whatever comes under its name begins anew.
    carried_.topics.erase(entry->second.topic);
    LeaveHead(entry->first, &entry->second);
    entry = partitions_.erase(entry);
  }
  // The consumer may read a partition that is gone: begins again with what is left.
  if (gone) StopHistory();
  for (const auto& [partition, topic] : wanted) {
    Part& part = partitions_[partition];
    if (!part.topic.empty()) continue;
    part.topic = topic;
    part.position = carried_.Of(topic, partition.partition);
  }
}

absl::Status Reader::Read(size_t max_bytes, std::vector<StoredBatch>* out, Omission* omission) {
  *omission = Omission();
  given_.clear();
  const size_t before = out->size();
  size_t bytes = 0;
  int64_t waiting_since = parts_.clock->MonotonicNanos();
  for (;;) {
    Learn();
    ReadBacklog(max_bytes, out, &bytes);
    ReadHead(max_bytes, out, &bytes);
    if (out->size() > before || omission->reason != Omission::Reason::kNone) return absl::OkStatus();
    if (!NeedsHistory()) {
      // Others write, too: the end is only what it was when somebody looked.
      if (!std::exchange(looked_, true)) {
        parts_.refresher->RefreshSince(made_nano_);
        continue;
      }
      parts_.history->Return(lease_);
      if (!std::exchange(waiting_, true)) parts_.head->AddWaiter();
      if (!WaitForDelivered()) return absl::OkStatus();
      continue;
    }
    if (parts_.clock->MonotonicNanos() - waiting_since > kPatienceNanos) {
      StopHistory();
      return Unavailable("the Kafka brokers give nothing; subscribe again from the last cursor");
    }
    SLUICE_RETURN_IF_ERROR(ReadHistory(omission));
  }
}

void Reader::Give(const TopicPartition& partition, Part* part, const PlacedBatch& placed,
                  std::vector<StoredBatch>* out) {
  given_.push_back({partition, part->position, placed.first, placed.end, placed.batch.view.count});
  part->position = placed.end;
  out->push_back(placed.batch);
}

void Reader::ReadBacklog(size_t max_bytes, std::vector<StoredBatch>* out, size_t* bytes) {
  for (auto& [partition, part] : partitions_) {
    while (!part.backlog.empty() && *bytes < max_bytes) {
      *bytes += part.backlog.front().batch.bytes.size();
      Give(partition, &part, part.backlog.front(), out);
      part.backlog.pop_front();
    }
  }
}

void Reader::ReadHead(size_t max_bytes, std::vector<StoredBatch>* out, size_t* bytes) {
  for (auto& [partition, part] : partitions_) {
    if (*bytes >= max_bytes) return;
    if (part.reading || !part.backlog.empty() || !JoinHead(partition, &part)) continue;
    const Head::View view = parts_.head->From(partition, part.position);
    if (!view.covered) {
      LeaveHead(partition, &part);
      continue;
    }
    for (const auto& placed : view.batches) {
      if (*bytes >= max_bytes) return;
      *bytes += placed->batch.bytes.size();
      if (placed->first < part.position) {
        Give(partition, &part, TrimTo(*placed, part.position), out);
      } else {
        Give(partition, &part, *placed, out);
      }
    }
    // Also what holds no records of ours: aborted, compacted.
    part.position = std::max(part.position, view.end);
  }
}

bool Reader::JoinHead(const TopicPartition& partition, Part* part) {
  if (part->watching) return true;
  if (part->position < 0) return false;
  const bool at_end = part->position >= parts_.catalog->KnownEnd(partition);
  if (!at_end && !parts_.head->From(partition, part->position).covered) return false;
  parts_.head->Watch(partition, part->position);
  part->watching = true;
  return true;
}

void Reader::LeaveHead(const TopicPartition& partition, Part* part) {
  if (std::exchange(part->watching, false)) parts_.head->Unwatch(partition);
}

bool Reader::WaitForDelivered() {
  for (const auto& [partition, part] : partitions_) {
    const int64_t end = parts_.catalog->KnownEnd(partition);
    if (part.watching && part.position < end && parts_.head->WaitFor(partition, end, kDeliveredPatience)) return true;
  }
  return false;
}

bool Reader::NeedsHistory() const {
  return std::any_of(partitions_.begin(), partitions_.end(), [](const auto& entry) { return !entry.second.watching; });
}

Position Reader::position() const {
  if (!learnt_) return start_;
  auto offsets = std::make_shared<Offsets>(carried_);
  for (const auto& [partition, part] : partitions_) offsets->Set(part.topic, partition.partition, part.position);
  return MakePosition(std::move(offsets));
}

Position Reader::PositionAfter(size_t batch, uint32_t records) const {
  auto offsets = std::make_shared<Offsets>(carried_);
  for (const auto& [partition, part] : partitions_) offsets->Set(part.topic, partition.partition, part.position);
  // Back from behind the last one.
  for (size_t i = given_.size(); i-- > batch;) {
    const Given& given = given_[i];
    int64_t offset = given.before;
    if (i == batch && records > 0) offset = records >= given.records ? given.end : given.first + records;
    const auto part = partitions_.find(given.partition);
    if (part != partitions_.end()) offsets->Set(part->second.topic, given.partition.partition, offset);
  }
  return MakePosition(std::move(offsets));
}

}  // namespace sluice::collector::kafka
