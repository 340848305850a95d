#include "consumer/cli/run_until_stopped.h"

#include <unistd.h>

#include <csignal>

#include "base/mutex.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

// Work that runs until it is cancelled.
class Work {
 public:
  void AwaitCancel() {
    MutexLock lock(&mutex_);
    while (!cancelled_) changed_.Wait(&mutex_);
  }
  void Cancel() {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    changed_.SignalAll();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

TEST(RunUntilStoppedTest, ReturnsWhatTheWorkReturned) {
  StopSignal stop;
  EXPECT_EQ(RunUntilStopped(&stop, [] { return 7; }, [] { FAIL() << "nothing was to be cancelled"; }), 7);
}

TEST(RunUntilStoppedTest, ASignalCancelsTheWork) {
  for (int signal : {SIGINT, SIGTERM}) {
    StopSignal stop;
    Work work;
    int code = RunUntilStopped(
        &stop,
        [&] {
          kill(getpid(), signal);
          work.AwaitCancel();
          return kExitOk;
        },
        [&] { work.Cancel(); });
    EXPECT_EQ(code, kExitOk);
  }
}

TEST(RunUntilStoppedDeathTest, WorkThatHangsIsLeftBehind) {
  EXPECT_EXIT(
      {
        StopSignal stop;
        Work work;
        RunUntilStopped(
            &stop,
            [&] {
              kill(getpid(), SIGTERM);
              work.AwaitCancel();
              return kExitFailure;
            },
            [] {});
      },
      ::testing::ExitedWithCode(kExitOk), "");
}

}  // namespace
}  // namespace sluice::cli
