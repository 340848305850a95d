// Wakes the subscribers that follow when there is something for them.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "collector/log/event_log.h"
#include "collector/subscribe/subscriber.h"
#include "collector/support/executor.h"

namespace sluice::collector {

// The log's thread only notes which topics have grown; who is to be woken is found out on the executor, so that a
// thousand subscribers cost the ingest nothing. Thread-safe.
class SubscriptionHub {
 public:
  // Neither is owned; both outlive it.
  SubscriptionHub(EventLog* log, Executor* executor);
  ~SubscriptionHub();  // Stops

  void Add(std::shared_ptr<Subscriber> subscriber);
  void Remove(const std::shared_ptr<Subscriber>& subscriber);
  // No wake-ups any more. Idempotent.
  void Stop();

 private:
  void OnAppend(const std::vector<StoredBatch>& batches);
  void Dispatch();
  void Tick();
  void ScheduleTick();

  EventLog* const log_;
  Executor* const executor_;
  uint64_t listener_ = 0;

  Mutex subscribers_mutex_;
  absl::flat_hash_set<std::shared_ptr<Subscriber>> subscribers_ ABSL_GUARDED_BY(subscribers_mutex_);

  // Its own lock: the log's thread takes this one alone.
  Mutex grown_mutex_;
  absl::flat_hash_set<std::string> grown_topics_ ABSL_GUARDED_BY(grown_mutex_);
  bool dispatch_scheduled_ ABSL_GUARDED_BY(grown_mutex_) = false;
  bool moved_ ABSL_GUARDED_BY(grown_mutex_) = false;  // since the last tick
  bool stopped_ ABSL_GUARDED_BY(grown_mutex_) = false;
  Executor::TimerId tick_timer_ ABSL_GUARDED_BY(grown_mutex_) = 0;

  std::atomic<size_t> subscriber_count_ = 0;
};

}  // namespace sluice::collector
