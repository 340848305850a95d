#include "consumer/client/publish_queue.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/status.h"
#include "base/strings.h"
#include "consumer/client/publisher.h"

namespace sluice::client {
namespace {

constexpr absl::Duration kRefusedRetry = absl::Seconds(1);
// A collector with dead letters takes what it refused after a few further tries.
constexpr int kRefusalsMax = 10;
constexpr size_t kBatchesMax = 1'000;
// What a record takes besides its encoded fields.
constexpr size_t kItemBytes = sizeof(v1::LogRecord) + 64;

}  // namespace

uint64_t TopicInode(std::string_view topic) { return Xxh3(StrCat("topic ", topic)); }

PublishQueue::PublishQueue(v1::LogBatch shared, std::string instance, bool ephemeral)
    : shared_(std::move(shared)), instance_(std::move(instance)), ephemeral_(ephemeral) {}

absl::StatusOr<PublishQueue::Topic*> PublishQueue::FindOrAdd(std::string_view name) {
  if (const auto found = topics_.find(ToAbsl(name)); found != topics_.end()) return found->second.get();
  if (topics_.size() >= kPublishedTopicsMax) {
    return ResourceExhausted("topic '", name, "': this publisher writes to ", kPublishedTopicsMax,
                             " topics already; use another publisher for more");
  }
  const uint64_t inode = TopicInode(name);
  if (const auto other = by_inode_.find(inode); other != by_inode_.end()) {
    return InvalidArgument("topic '", name, "' has the same hash as '", other->second->name,
                           "': use another publisher for it");
  }
  auto topic = std::make_unique<Topic>();
  topic->name = std::string(name);
  topic->inode = inode;
  if (const auto held = other_held_.find(inode); held != other_held_.end()) {
    topic->held = topic->next = held->second;
    other_held_.erase(held);
  }
  Topic* added = topic.get();
  by_inode_.emplace(inode, added);
  topics_.emplace(added->name, std::move(topic));
  return added;
}

absl::Status PublishQueue::Add(std::string_view name, std::optional<uint64_t> sequence, v1::LogRecord record) {
  SLUICE_ASSIGN_OR_RETURN(Topic * topic, FindOrAdd(name));
  if (!topic->numbered.has_value()) topic->numbered = sequence.has_value();
  if (*topic->numbered != sequence.has_value()) {
    return InvalidArgument("topic '", name, "': use either Publish or PublishAt for all of its records");
  }
  if (sequence.has_value()) {
    if (*sequence == UINT64_MAX)
      return InvalidArgument("topic '", name, "': the largest number has no place behind it");
    if (*sequence < topic->held || *sequence < topic->given_end) {
      ++taken_;
      ++acknowledged_;
      ++left_out_;
      return absl::OkStatus();
    }
    topic->given_end = *sequence + 1;
  }
  Item item{.place = ++taken_, .sequence = sequence, .bytes = record.ByteSizeLong() + kItemBytes, .record = {}};
  item.record = std::move(record);
  bytes_ += item.bytes;
  topic->items.push_back(std::move(item));
  MakeReady(topic);
  return absl::OkStatus();
}

bool PublishQueue::IsDone(uint64_t taken) const {
  // Topics are acknowledged in no order.
  return acknowledged_ >= taken && std::all_of(topics_.begin(), topics_.end(), [taken](const auto& entry) {
           const Topic& topic = *entry.second;
           return topic.items.empty() || topic.items.front().place > taken;
         });
}

uint64_t PublishQueue::Held(std::string_view name) const {
  if (const auto found = topics_.find(ToAbsl(name)); found != topics_.end()) return found->second->held;
  const auto other = other_held_.find(TopicInode(name));
  return other == other_held_.end() ? 0 : other->second;
}

// Tells whether a watermark is this publisher's own.
uint64_t PublishQueue::Stamp(uint64_t end) const { return Xxh3(StrCat(instance_, " ", end)); }

void PublishQueue::MakeReady(Topic* topic) {
  if (topic->queued || topic->retry_at.has_value() || topic->sent == topic->items.size()) return;
  topic->queued = true;
  ready_.push_back(topic);
}

absl::Status PublishQueue::Connected(const std::vector<v1::FileWatermark>& held) {
  Disconnected();
  last_message_ = 0;
  other_held_.clear();
  absl::flat_hash_map<const Topic*, const v1::FileWatermark*> known;
  for (const v1::FileWatermark& watermark : held) {
    const auto found = by_inode_.find(watermark.file().inode());
    if (found == by_inode_.end()) {
      other_held_[watermark.file().inode()] = watermark.end_offset();
    } else {
      known[found->second] = &watermark;
    }
  }
  for (const auto& [name, topic] : topics_) {
    const auto found = known.find(topic.get());
    SLUICE_RETURN_IF_ERROR(Hold(topic.get(), found == known.end() ? nullptr : found->second));
    MakeReady(topic.get());
  }
  return absl::OkStatus();
}

absl::Status PublishQueue::Hold(Topic* topic, const v1::FileWatermark* watermark) {
  const uint64_t end = watermark == nullptr ? 0 : watermark->end_offset();
  const bool numbered = topic->numbered.value_or(false);
  const bool was_sent = !topic->items.empty() && topic->items.front().sequence.has_value();
  if (!numbered && was_sent) {
    if (ephemeral_ && end < topic->held) {
      return absl::AbortedError(StrCat("topic '", topic->name,
                                       "': the collector has forgotten this publisher, which was ",
                                       "away for long: whether what it had sent last is stored is not known"));
    }
    // A log in Kafka does not remember who wrote what it read back from messages.
    const bool stamped = watermark != nullptr && watermark->frontier().xxh3() != 0;
    if (end > topic->held && stamped && watermark->frontier().xxh3() != Stamp(end)) {
      return absl::AbortedError(
          StrCat("topic '", topic->name, "': another publisher with the id '", shared_.agent(),
                 "' has published meanwhile: whether what this one had sent last is stored is not ",
                 "known. Give each publisher its own id"));
    }
  }
  Release(topic, end);
  topic->held = end;
  topic->next = std::max(topic->next, end);
  return absl::OkStatus();
}

void PublishQueue::Disconnected() {
  messages_.clear();
  ready_.clear();
  refused_.clear();
  for (const auto& [name, topic] : topics_) {
    topic->sent = topic->in_flight = 0;
    topic->queued = false;
    topic->retry_at.reset();
  }
}

void PublishQueue::Release(Topic* topic, uint64_t end) {
  while (!topic->items.empty()) {
    const Item& item = topic->items.front();
    if (!item.sequence.has_value() || *item.sequence >= end) break;
    bytes_ -= item.bytes;
    ++acknowledged_;
    if (!item.sent) ++left_out_;
    topic->items.pop_front();
    if (topic->sent > 0) --topic->sent;
  }
}

bool PublishQueue::FillMessage(size_t bytes_max, absl::Time now, v1::PushRequest* request) {
  ResendRefused(now);
  if (ready_.empty()) return false;
  Message message{.sequence = ++last_message_, .parts = {}};
  request->set_sequence(message.sequence);
  size_t bytes = 0;
  while (!ready_.empty() && bytes < bytes_max && message.parts.size() < kBatchesMax) {
    Topic* topic = ready_.front();
    // Only the first record may be larger than what there is room for.
    if (!message.parts.empty() && bytes + shared_.ByteSizeLong() + topic->items[topic->sent].bytes > bytes_max) break;
    ready_.pop_front();
    topic->queued = false;
    v1::LogBatch* batch = request->add_batches();
    bytes += FillBatch(topic, bytes_max - bytes, batch);
    ++topic->in_flight;
    message.parts.push_back({topic, batch->end_offset()});
    MakeReady(topic);
  }
  messages_.push_back(std::move(message));
  return true;
}

size_t PublishQueue::FillBatch(Topic* topic, size_t bytes_max, v1::LogBatch* batch) {
  *batch = shared_;
  batch->set_topic(topic->name);
  batch->mutable_file()->set_inode(topic->inode);
  size_t bytes = batch->ByteSizeLong();
  v1::BatchSummary* summary = batch->mutable_summary();
  for (; topic->sent < topic->items.size(); ++topic->sent) {
    Item& item = topic->items[topic->sent];
    if (batch->records_size() > 0 && bytes + item.bytes > bytes_max) break;
    bytes += item.bytes;
    item.sent = true;
    if (!item.sequence.has_value()) item.sequence = topic->next++;
    v1::LogRecord* record = batch->add_records();
    *record = item.record;
    record->set_offset(*item.sequence);
    const uint64_t time = record->time_unix_nano();
    const bool first = batch->records_size() == 1;
    summary->set_severities(summary->severities() | 1u << record->severity());
    summary->set_min_time_unix_nano(first ? time : std::min<uint64_t>(summary->min_time_unix_nano(), time));
    summary->set_max_time_unix_nano(first ? time : std::max<uint64_t>(summary->max_time_unix_nano(), time));
    if (first) batch->set_first_offset(*item.sequence);
    batch->set_end_offset(*item.sequence + 1);
  }
  summary->set_count(static_cast<uint32_t>(batch->records_size()));
  batch->mutable_frontier()->set_xxh3(Stamp(batch->end_offset()));
  return bytes;
}

absl::Status PublishQueue::Acknowledged(const v1::Ack& ack, absl::Time now) {
  absl::Status fatal;
  while (!messages_.empty() && messages_.front().sequence <= ack.sequence()) {
    const Message message = std::move(messages_.front());
    messages_.pop_front();
    for (size_t i = 0; i < message.parts.size(); ++i) {
      Topic* topic = message.parts[i].topic;
      --topic->in_flight;
      const auto rejection =
          std::find_if(ack.rejections().begin(), ack.rejections().end(), [&](const v1::Rejection& rejection) {
            return rejection.sequence() == message.sequence && rejection.batch() == i;
          });
      if (rejection != ack.rejections().end()) {
        fatal.Update(Refused(topic, *rejection, now));
        continue;
      }
      topic->refusals = 0;
      topic->held = std::max(topic->held, message.parts[i].end);
      Release(topic, message.parts[i].end);
    }
  }
  if (refused_.empty()) refusal_ = absl::OkStatus();
  return fatal;
}

absl::Status PublishQueue::Refused(Topic* topic, const v1::Rejection& rejection, absl::Time now) {
  const absl::Status why(static_cast<absl::StatusCode>(rejection.code()),
                         StrCat("topic '", topic->name, "': ", rejection.reason()));
  // What was sent behind it is refused as well: one answer to all of them.
  if (topic->retry_at.has_value()) return absl::OkStatus();
  topic->retry_at = now + kRefusedRetry;
  refused_.push_back(topic);
  refusal_ = why;
  if (topic->queued) {
    topic->queued = false;
    ready_.erase(std::find(ready_.begin(), ready_.end(), topic));
  }
  if (why.code() != absl::StatusCode::kResourceExhausted && ++topic->refusals > kRefusalsMax) return why;
  return absl::OkStatus();
}

// From the first record that was refused on, once no later message can be refused because of it.
void PublishQueue::ResendRefused(absl::Time now) {
  for (size_t i = 0; i < refused_.size();) {
    Topic* topic = refused_[i];
    if (topic->in_flight > 0 || now < *topic->retry_at) {
      ++i;
      continue;
    }
    topic->retry_at.reset();
    topic->sent = 0;
    MakeReady(topic);
    refused_[i] = refused_.back();
    refused_.pop_back();
  }
}

absl::Time PublishQueue::NextRetry() const {
  absl::Time next = absl::InfiniteFuture();
  for (const Topic* topic : refused_) {
    if (topic->in_flight == 0) next = std::min(next, *topic->retry_at);
  }
  return next;
}

}  // namespace sluice::client
