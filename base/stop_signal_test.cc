#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/program.h"

namespace sluice {
namespace {

// Signals belong to a whole process: each test runs in one of its own, and exits with 42 if all went well.
constexpr int kGood = 42;

class StopSignalDeathTest : public ::testing::Test {
 protected:
  StopSignalDeathTest() { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

void Require(bool condition) {
  if (!condition) std::_Exit(99);
}

void Send(int signal) { Require(kill(getpid(), signal) == 0); }

bool IsReadable(int descriptor) {
  pollfd waiting = {.fd = descriptor, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, 0) == 1;
}

TEST_F(StopSignalDeathTest, TellsTheSignalThatCame) {
  for (const int signal : {SIGINT, SIGTERM}) {
    EXPECT_EXIT(
        {
          StopSignal stop;
          Send(signal);
          Require(stop.Wait() == signal);
          std::_Exit(kGood);
        },
        ::testing::ExitedWithCode(kGood), "");
  }
}

TEST_F(StopSignalDeathTest, WaitsUntilTheTimeIsOver) {
  EXPECT_EXIT(
      {
        StopSignal stop;
        Require(stop.WaitFor(absl::Milliseconds(5)) == 0);
        Require(stop.WaitFor(absl::ZeroDuration()) == 0);
        Require(stop.WaitFor(-absl::Seconds(1)) == 0);
        Send(SIGTERM);
        Require(stop.WaitFor(absl::InfiniteDuration()) == SIGTERM);
        std::_Exit(kGood);
      },
      ::testing::ExitedWithCode(kGood), "");
}

TEST_F(StopSignalDeathTest, ASecondSignalEndsTheProcessAtOnce) {
  EXPECT_EXIT(
      {
        StopSignal stop;
        Send(SIGTERM);
        stop.Wait();
        // As somebody who presses Ctrl-C again and again.
        while (true) Send(SIGINT);
      },
      ::testing::ExitedWithCode(kExitFailure), "second signal: ending at once");
}

TEST_F(StopSignalDeathTest, ASignalRightBehindTheFirstIsTheSameRequest) {
  EXPECT_EXIT(
      {
        StopSignal stop;
        Send(SIGTERM);
        stop.Wait();
        Send(SIGTERM);  // timeout(1) does this
        std::_Exit(kGood);
      },
      ::testing::ExitedWithCode(kGood), "");
}

TEST_F(StopSignalDeathTest, SignalsThatComeTogetherAreOneRequest) {
  EXPECT_EXIT(
      {
        StopSignal stop;
        Send(SIGINT);
        Send(SIGTERM);
        Require(stop.Wait() != 0);
        std::_Exit(kGood);
      },
      ::testing::ExitedWithCode(kGood), "");
}

TEST_F(StopSignalDeathTest, TheDescriptorBecomesReadable) {
  EXPECT_EXIT(
      {
        StopSignal stop;
        Require(!IsReadable(stop.descriptor()));
        Send(SIGTERM);
        Require(IsReadable(stop.descriptor()));
        std::_Exit(kGood);
      },
      ::testing::ExitedWithCode(kGood), "");
}

TEST_F(StopSignalDeathTest, OtherThreadsDoNotTakeTheSignals) {
  EXPECT_EXIT(
      {
        StopSignal stop;
        std::thread sender([] { Send(SIGTERM); });
        Require(stop.Wait() == SIGTERM);
        sender.join();
        std::_Exit(kGood);
      },
      ::testing::ExitedWithCode(kGood), "");
}

TEST_F(StopSignalDeathTest, ABrokenPipeIsAnErrorAndNoSignal) {
  EXPECT_EXIT(
      {
        StopSignal stop;
        int pipe_ends[2];
        Require(pipe(pipe_ends) == 0 && close(pipe_ends[0]) == 0);
        Require(write(pipe_ends[1], "x", 1) == -1 && errno == EPIPE);
        std::_Exit(kGood);
      },
      ::testing::ExitedWithCode(kGood), "");
}

}  // namespace
}  // namespace sluice
