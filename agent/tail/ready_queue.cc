#include "agent/tail/ready_queue.h"

#include <algorithm>

namespace sluice::agent {
namespace {

// While both wait, live files get this many bytes for each one of the backlog.
constexpr int64_t kLiveWeight = 3;
// What either may be ahead of the other: a chunk or a few, so that neither can save up turns.
constexpr int64_t kAheadMax = 4 << 20;

}  // namespace

void ReadyQueue::Push(TailedFile* file) {
  if (file->queued) return;
  file->queued = true;
  (file->backlog ? backlog_ : live_).push_back(file);
}

TailedFile* ReadyQueue::Pop(int64_t now, bool live_only, const AllowedAt& allowed_at) {
  if (reconsider_ || now >= next_allowed_) TakeBack();
  while (!live_.empty() || (!backlog_.empty() && !live_only)) {
    const bool backlog_turn = !live_only && !backlog_.empty() && (live_.empty() || live_ahead_ > kAheadMax / 2);
    if (TailedFile* file = PopFrom(backlog_turn ? &backlog_ : &live_, now, allowed_at); file != nullptr) return file;
  }
  return nullptr;
}

// The first that may be read; those before it are set aside.
TailedFile* ReadyQueue::PopFrom(std::deque<TailedFile*>* queue, int64_t now, const AllowedAt& allowed_at) {
  while (!queue->empty()) {
    TailedFile* file = queue->front();
    queue->pop_front();
    const int64_t allowed = allowed_at(file);
    if (allowed <= now) {
      file->queued = false;
      return file;
    }
    aside_.push_back(file);
    next_allowed_ = std::min(next_allowed_, allowed);
  }
  return nullptr;
}

void ReadyQueue::Served(bool was_live, uint64_t bytes) {
  if ((was_live && backlog_.empty()) || (!was_live && live_.empty())) {
    live_ahead_ = 0;  // nobody had to wait
    return;
  }
  const auto size = static_cast<int64_t>(bytes);
  live_ahead_ = std::clamp(live_ahead_ + (was_live ? size : -kLiveWeight * size), -kAheadMax, kAheadMax);
}

// In the order in which they were set aside, before those that came later.
void ReadyQueue::TakeBack() {
  reconsider_ = false;
  next_allowed_ = kNever;
  for (auto file = aside_.rbegin(); file != aside_.rend(); ++file) {
    ((*file)->backlog ? backlog_ : live_).push_front(*file);
  }
  aside_.clear();
}

void ReadyQueue::Remove(TailedFile* file) {
  if (!file->queued) return;
  file->queued = false;
  std::erase(live_, file);
  std::erase(backlog_, file);
  std::erase(aside_, file);
}

void ReadyQueue::ForEach(const std::function<void(TailedFile*)>& visit) const {
  for (TailedFile* file : live_) visit(file);
  for (TailedFile* file : backlog_) visit(file);
  for (TailedFile* file : aside_) visit(file);
}

}  // namespace sluice::agent
