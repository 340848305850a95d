// A few threads that run short tasks: work that a gRPC reaction or a thread of the log hands over.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace sluice::collector {

// Runs tasks in the order in which they come, as many at once as it has threads. Unbounded by itself: who hands over
// has at most one task under way for each stream or subscriber. Thread-safe.
class Executor {
 public:
  using Task = std::function<void()>;
  // Names a task for later; never 0.
  using TimerId = uint64_t;

  explicit Executor(int threads);
  ~Executor();  // Stops
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  void Run(Task task);
  // As Run for each, under one lock.
  void RunAll(std::vector<Task> tasks);
  // Runs `task` when `delay` has passed. It may already run, or be about to, when Cancel is called.
  TimerId RunAfter(absl::Duration delay, Task task);
  void Cancel(TimerId timer);

  // Runs what Run was given, forgets what is for later, joins the threads. Later tasks are dropped: their owners are
  // stopped before. Must not be called by a task. Idempotent.
  void Stop();

 private:
  void Work();
  // Moves what is due to the tasks.
  void TakeDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WaitForWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock* const clock_ = SystemClock();
  Mutex mutex_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  // By when they are due (monotonic), then by the order in which they came.
  std::map<std::pair<int64_t, TimerId>, Task> timers_ ABSL_GUARDED_BY(mutex_);
  std::map<TimerId, int64_t> due_of_timer_ ABSL_GUARDED_BY(mutex_);
  TimerId last_timer_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::collector
