#include "base/process.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(ProcessTest, CpuTimeGrowsWithWork) {
  const int64_t before = ProcessCpuNanos();
  volatile uint64_t sum = 0;
  while (ProcessCpuNanos() - before < 1'000'000) sum = sum + 1;
  EXPECT_GT(sum, 0);
}

TEST(ProcessTest, ParsesIoPriorities) {
  EXPECT_EQ(ParseIoPriority("idle"), (IoPriority{.idle = true}));
  EXPECT_EQ(ParseIoPriority("best-effort:0"), (IoPriority{.idle = false, .level = 0}));
  EXPECT_EQ(ParseIoPriority("best-effort:7"), (IoPriority{.idle = false, .level = 7}));
  for (const char* bad : {"", "best-effort", "best-effort:", "best-effort:8", "best-effort:10", "realtime:0", "Idle"}) {
    EXPECT_FALSE(ParseIoPriority(bad).has_value()) << bad;
  }
}

// In a thread of its own: a lower priority cannot be taken back without rights.
TEST(ProcessTest, PrioritiesHoldForTheThreadAndThoseThatItStarts) {
  static constexpr int kOfProcess = 1;  // ioprio_get(2)'s IOPRIO_WHO_PROCESS
  std::thread([] {
    ASSERT_TRUE(SetNice(7).ok());
    ASSERT_TRUE(SetIoPriority({.idle = false, .level = 6}).ok());
    std::thread([] {
      EXPECT_EQ(getpriority(PRIO_PROCESS, 0), 7);
      EXPECT_EQ(syscall(SYS_ioprio_get, kOfProcess, 0), 0x4006) << "class 2, level 6";
    }).join();
    ASSERT_TRUE(SetIoPriority({.idle = true}).ok());
    EXPECT_EQ(syscall(SYS_ioprio_get, kOfProcess, 0) >> 13, 3) << "class 3, idle";
  }).join();
  EXPECT_NE(getpriority(PRIO_PROCESS, 0), 7);
}

TEST(ProcessDeathTest, NothingElseGetsTheNumbersOfClosedStandardDescriptors) {
  const auto occupy = [] {
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    OccupyStandardDescriptors();
    char byte = 0;
    const bool are_dead = read(STDIN_FILENO, &byte, 1) < 0 && write(STDOUT_FILENO, &byte, 1) < 0;
    const bool are_taken = dup(STDERR_FILENO) > STDERR_FILENO;
    _exit(are_dead && are_taken && !CheckStandardInput().ok() ? 0 : 1);
  };
  EXPECT_EXIT(occupy(), ::testing::ExitedWithCode(0), "");
}

TEST(ProcessTest, StandardInputThatIsOpenStaysAsItIs) {
  OccupyStandardDescriptors();
  EXPECT_TRUE(CheckStandardInput().ok());
}

}  // namespace
}  // namespace sluice
