#include "collector/log/rocksdb/reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/status.h"

namespace sluice::collector {

RocksDbReader::RocksDbReader(const Database& database, const TopicTable& topics, const TailCache& tail,
                             std::atomic<uint64_t>* disk_reads, Position start,
                             std::function<bool(std::string_view)> topic_matches)
    : topics_(topics),
      tail_(tail),
      disk_reads_(disk_reads),
      topic_matches_(std::move(topic_matches)),
      start_(start),
      position_(std::move(start)),
      scan_(database, topics) {}

absl::Status RocksDbReader::Read(size_t max_bytes, std::vector<StoredBatch>* out, Omission* omission) {
  *omission = Omission();
  given_.clear();
  passed_records_ = 0;
  const size_t before = out->size();
  while (out->size() == before && omission->reason == Omission::Reason::kNone) {
    if (scanning_) {
      SLUICE_RETURN_IF_ERROR(ReadScan(max_bytes, out, omission));
      continue;
    }
    const TailCache::View view = tail_.From(position_.sequence);
    if (position_.sequence < view.begin) {
      StartScan(view.begin);
    } else if (view.commits.empty()) {
      break;
    } else {
      ReadTail(view, max_bytes, out);
    }
  }
  Note(*out, before);
  return absl::OkStatus();
}

void RocksDbReader::Note(const std::vector<StoredBatch>& out, size_t begin) {
  for (size_t i = begin; i < out.size(); ++i) given_.push_back({out[i].sequence, out[i].view.count});
  if (!given_.empty() && given_.front().sequence == start_.sequence) passed_records_ = start_.records;
}

Position RocksDbReader::PositionAfter(size_t batch, uint32_t records) const {
  const Given& given = given_[batch];
  if (records < given.records) return {given.sequence, records};
  return batch + 1 == given_.size() ? position_ : Position{given.sequence + 1, 0};
}

bool RocksDbReader::Matches(uint32_t topic) {
  if (topic >= matches_.size()) LearnTopics();
  return matches_[topic];
}

void RocksDbReader::LearnTopics() {
  for (const std::string& name : topics_.NamesFrom(static_cast<uint32_t>(matches_.size()))) {
    matches_.push_back(topic_matches_(name));
  }
}

void RocksDbReader::StartScan(uint64_t end) {
  LearnTopics();
  scan_.Start(position_.sequence, end, matches_, /*tell_dropped=*/position_ != Position());
  scanning_ = true;
}

absl::Status RocksDbReader::ReadScan(size_t max_bytes, std::vector<StoredBatch>* out, Omission* omission) {
  ++*disk_reads_;
  const size_t before = out->size();
  SLUICE_RETURN_IF_ERROR(scan_.Read(max_bytes, out, omission));
  MoveTo(scan_.position());
  scanning_ = out->size() > before || omission->reason != Omission::Reason::kNone;
  if (!scanning_) MoveTo(scan_.end());
  return absl::OkStatus();
}

void RocksDbReader::ReadTail(const TailCache::View& view, size_t max_bytes, std::vector<StoredBatch>* out) {
  size_t bytes = 0;
  for (const auto& commit : view.commits) {
    for (size_t i = 0; i < commit->batches.size(); ++i) {
      const StoredBatch& batch = commit->batches[i];
      if (batch.sequence < position_.sequence) continue;
      if (bytes >= max_bytes) return;
      MoveTo(batch.sequence + 1);
      if (!Matches(commit->topics[i])) continue;
      bytes += batch.bytes.size();
      out->push_back(batch);
    }
  }
}

void RocksDbReader::MoveTo(uint64_t sequence) {
  if (sequence > position_.sequence) position_ = {sequence, 0};
}

}  // namespace sluice::collector
