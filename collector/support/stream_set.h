// The open streams of a service.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/strings.h"
#include "prometheus/gauge.h"

namespace sluice::collector {

// Bounds how many there are, and knows when the last one is gone. Thread-safe.
template <typename Stream>
class StreamSet {
 public:
  // `noun` and `option` stand in the refusal: "10 subscriptions are open: the collector takes no more (OPTION)". The
  // gauge, if there is one, shows how many there are; it and the clock are not owned.
  StreamSet(std::string noun, std::string option, size_t streams_max, prometheus::Gauge* gauge, const Clock* clock)
      : noun_(std::move(noun)), option_(std::move(option)), streams_max_(streams_max), gauge_(gauge), clock_(clock) {}

  // ResourceExhausted if there are too many, Unavailable once the set is closed.
  absl::Status Add(const std::shared_ptr<Stream>& stream) {
    MutexLock lock(&mutex_);
    if (closed_) return Unavailable("the collector is stopping; connect again");
    if (streams_.size() >= streams_max_) {
      return ResourceExhausted(streams_.size(), " ", noun_, " are open: the collector takes no more (", option_, ")");
    }
    streams_.insert(stream);
    Show();
    return absl::OkStatus();
  }

  // Only what was added.
  void Remove(const std::shared_ptr<Stream>& stream) {
    MutexLock lock(&mutex_);
    streams_.erase(stream);
    Show();
    if (streams_.empty()) empty_.SignalAll();
  }

  // Adds none any more; those that are there.
  std::vector<std::shared_ptr<Stream>> Close() {
    MutexLock lock(&mutex_);
    closed_ = true;
    return {streams_.begin(), streams_.end()};
  }

  // False if some are left after `timeout`.
  bool WaitUntilEmpty(absl::Duration timeout) {
    const int64_t deadline = clock_->MonotonicNanos() + absl::ToInt64Nanoseconds(timeout);
    MutexLock lock(&mutex_);
    while (!streams_.empty()) {
      int64_t left = deadline - clock_->MonotonicNanos();
      if (left <= 0) return false;
      empty_.WaitWithTimeout(&mutex_, absl::Nanoseconds(left));
    }
    return true;
  }

 private:
  void Show() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (gauge_ != nullptr) gauge_->Set(static_cast<double>(streams_.size()));
  }

  const std::string noun_;
  const std::string option_;
  const size_t streams_max_;
  prometheus::Gauge* const gauge_;
  const Clock* const clock_;
  Mutex mutex_;
  CondVar empty_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector
