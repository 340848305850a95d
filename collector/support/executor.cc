#include "collector/support/executor.h"

namespace sluice::collector {

Executor::Executor(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

Executor::~Executor() { Stop(); }

void Executor::Run(Task task) {
  MutexLock lock(&mutex_);
  if (stopping_) return;
  tasks_.push_back(std::move(task));
  wake_.Signal();
}

void Executor::RunAll(std::vector<Task> tasks) {
  if (tasks.empty()) return;
  MutexLock lock(&mutex_);
  if (stopping_) return;
  for (Task& task : tasks) tasks_.push_back(std::move(task));
  wake_.SignalAll();
}

Executor::TimerId Executor::RunAfter(absl::Duration delay, Task task) {
  MutexLock lock(&mutex_);
  TimerId id = ++last_timer_;
  if (stopping_) return id;
  int64_t due = clock_->MonotonicNanos() + absl::ToInt64Nanoseconds(delay);
  timers_.emplace(std::pair(due, id), std::move(task));
  due_of_timer_.emplace(id, due);
  // Whoever waits may have to wait for less.
  if (timers_.begin()->first.second == id) wake_.Signal();
  return id;
}

void Executor::Cancel(TimerId timer) {
  Task dropped;  // its captures are destroyed without the lock
  MutexLock lock(&mutex_);
  auto due = due_of_timer_.find(timer);
  if (due == due_of_timer_.end()) return;
  auto entry = timers_.find(std::pair(due->second, timer));
  dropped = std::move(entry->second);
  timers_.erase(entry);
  due_of_timer_.erase(due);
}

void Executor::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.SignalAll();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  std::map<std::pair<int64_t, TimerId>, Task> dropped;
  MutexLock lock(&mutex_);
  dropped.swap(timers_);
  due_of_timer_.clear();
}

void Executor::Work() {
  for (;;) {
    Task task;
    {
      MutexLock lock(&mutex_);
      for (;;) {
        TakeDue();
        if (!tasks_.empty()) break;
        if (stopping_) return;
        WaitForWork();
      }
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void Executor::TakeDue() {
  if (timers_.empty() || stopping_) return;
  int64_t now = clock_->MonotonicNanos();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    due_of_timer_.erase(timers_.begin()->first.second);
    tasks_.push_back(std::move(timers_.begin()->second));
    timers_.erase(timers_.begin());
    // The one that waited takes the first task itself.
    if (tasks_.size() > 1) wake_.Signal();
  }
}

void Executor::WaitForWork() {
  if (timers_.empty()) {
    wake_.Wait(&mutex_);
    return;
  }
  int64_t wait = timers_.begin()->first.first - clock_->MonotonicNanos();
  if (wait > 0) wake_.WaitWithTimeout(&mutex_, absl::Nanoseconds(wait));
}

}  // namespace sluice::collector
