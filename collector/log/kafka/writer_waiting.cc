// What Writer's thread waits for: work, room in the queue, time to pass.
#include <algorithm>
#include <utility>

#include "collector/log/kafka/writer.h"

namespace sluice::collector::kafka {
namespace {

// How long messages wait for company at most while there is nothing else to produce.
constexpr absl::Duration kHurryPause = absl::Milliseconds(5);
// While the queue is full what is in it is sent as answers come; if none comes it may be that it is little for each of
// many partitions.
constexpr absl::Duration kFullPause = absl::Milliseconds(20);
constexpr absl::Duration kPauseMax = absl::Milliseconds(320);

}  // namespace

bool Writer::Take(Item* item) {
  for (;;) {
    bool recover = false;
    bool hurry = false;
    {
      MutexLock lock(&mutex_);
      busy_ = false;
      while (queue_.empty() && !failed_ && !ended_ && !abandoned_ && !hurry) {
        changed_.SignalAll();
        hurry = WaitOrHurry(hurried_nano_, kHurryPause);
      }
      if (abandoned_ || (ended_ && queue_.empty() && !failed_)) return false;
      recover = failed_;
      busy_ = recover || !hurry;
      if (busy_ && !recover) {
        *item = std::move(queue_.front());
        queue_.pop_front();
        return true;
      }
    }
    if (recover) {
      Recover();
    } else {
      Hurry();
    }
  }
}

bool Writer::WaitOrHurry(int64_t since_nano, absl::Duration pause) {
  if (messages_ == 0) {
    work_.Wait(&mutex_);
    return false;
  }
  if (std::exchange(stirred_, false)) pause_ = pause;
  const int64_t left = since_nano + absl::ToInt64Nanoseconds(pause_) - parts_.clock->MonotonicNanos();
  if (left > 0) {
    work_.WaitWithTimeout(&mutex_, absl::Nanoseconds(left));
    return false;
  }
  // It may have been in vain: there was no connection, or something was on its way.
  pause_ = std::min(2 * pause_, kPauseMax);
  return true;
}

void Writer::Hurry() {
  producer_->Hurry();
  hurried_nano_ = parts_.clock->MonotonicNanos();
}

bool Writer::Pause(absl::Duration duration) {
  MutexLock lock(&mutex_);
  if (!stopping_) work_.WaitWithTimeout(&mutex_, duration);
  return !stopping_;
}

bool Writer::Abandoned() {
  MutexLock lock(&mutex_);
  return abandoned_;
}

bool Writer::Idle() {
  MutexLock lock(&mutex_);
  return files_.empty();
}

bool Writer::WaitForRoom() {
  for (;;) {
    bool recover = false;
    {
      MutexLock lock(&mutex_);
      bool hurry = false;
      while (!failed_ && !abandoned_ && !hurry &&
             (messages_ >= options_.queue_messages || bytes_ >= options_.queue_bytes)) {
        hurry = WaitOrHurry(std::max(hurried_nano_, last_report_nano_), kFullPause);
      }
      if (abandoned_) return false;
      recover = failed_;
      if (!recover && !hurry) return true;
    }
    if (recover) {
      Recover();
    } else {
      Hurry();
    }
  }
}

}  // namespace sluice::collector::kafka
