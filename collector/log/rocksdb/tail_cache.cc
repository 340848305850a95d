#include "collector/log/rocksdb/tail_cache.h"

#include <algorithm>
#include <utility>

namespace sluice::collector {
namespace {

// How many a reader takes at a time, so that it holds the lock shortly.
constexpr size_t kCommitsPerView = 64;

}  // namespace

TailCache::TailCache(size_t bytes_max, uint64_t end) : bytes_max_(bytes_max), begin_(end), end_(end) {}

size_t TailCache::Size(const CommittedBatches& commit) {
  size_t bytes = sizeof(CommittedBatches);
  for (const StoredBatch& batch : commit.batches) bytes += sizeof(StoredBatch) + batch.bytes.size();
  return bytes;
}

void TailCache::Push(std::shared_ptr<const CommittedBatches> commit) {
  // Let go of outside the lock: the last owner frees megabytes.
  std::vector<std::shared_ptr<const CommittedBatches>> evicted;
  const size_t size = Size(*commit);
  MutexLock lock(&mutex_);
  end_ = commit->last_sequence() + 1;
  bytes_ += size;
  commits_.push_back(std::move(commit));
  while (bytes_ > bytes_max_) {
    bytes_ -= Size(*commits_.front());
    begin_ = commits_.front()->last_sequence() + 1;
    evicted.push_back(std::move(commits_.front()));
    commits_.pop_front();
  }
}

void TailCache::Reset(uint64_t end) {
  std::deque<std::shared_ptr<const CommittedBatches>> evicted;
  MutexLock lock(&mutex_);
  evicted.swap(commits_);
  bytes_ = 0;
  begin_ = end_ = end;
}

TailCache::View TailCache::From(uint64_t sequence) const {
  View view;
  MutexLock lock(&mutex_);
  view.begin = begin_;
  view.end = end_;
  if (sequence < begin_) return view;
  auto at = std::partition_point(commits_.begin(), commits_.end(),
                                 [sequence](const auto& commit) { return commit->last_sequence() < sequence; });
  for (; at != commits_.end() && view.commits.size() < kCommitsPerView; ++at) view.commits.push_back(*at);
  return view;
}

uint64_t TailCache::end() const {
  MutexLock lock(&mutex_);
  return end_;
}

}  // namespace sluice::collector
