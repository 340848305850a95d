#include "consumer/cli/run_until_stopped.h"

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/mutex.h"
#include "base/waker.h"
#include "consumer/cli/output.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kGrace = absl::Seconds(2);

class Result {
 public:
  void Set(int code) {
    {
      MutexLock lock(&mutex_);
      code_ = code;
      done_ = true;
    }
    waker_.Wake();
  }
  bool done() {
    MutexLock lock(&mutex_);
    return done_;
  }
  int code() {
    MutexLock lock(&mutex_);
    return code_;
  }
  int descriptor() const { return waker_.descriptor(); }

 private:
  Waker waker_;
  Mutex mutex_;
  int code_ ABSL_GUARDED_BY(mutex_) = kExitOk;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

int RunUntilStopped(StopSignal* stop, const std::function<int()>& work, const std::function<void()>& cancel) {
  Result result;
  std::thread thread([&] { result.Set(work()); });
  // A pipe's writing end becomes "readable" only in the sense that its readers are gone.
  int pipe = IsPipe(stdout) ? fileno(stdout) : -1;
  WaitReadable({stop->descriptor(), result.descriptor(), pipe}, absl::InfiniteDuration());
  if (!result.done()) {
    stop->WaitFor(absl::ZeroDuration());  // takes the signal, if it was one: the next one ends the process
    cancel();
    WaitReadable({result.descriptor()}, kGrace);
    if (!result.done()) std::_Exit(kExitOk);
  }
  thread.join();
  return result.code();
}

}  // namespace sluice::cli
