#include "base/lock_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/strings.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

class LockFileTest : public ::testing::Test {
 protected:
  LockFileTest() : path_(StrCat(::testing::TempDir(), "/lock_file_test_", getpid(), ".lock")) {}
  ~LockFileTest() override { unlink(path_.c_str()); }

  absl::StatusOr<LockFile> Acquire() { return LockFile::Acquire(path_, "--state-dir"); }
  std::string Content() {
    std::string line;
    std::getline(std::ifstream(path_) >> std::ws, line);
    return line;
  }

  const std::string path_;
};

TEST_F(LockFileTest, TheSecondIsRefusedAndToldWhoHoldsIt) {
  const absl::StatusOr<LockFile> lock = Acquire();
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(Content(), StrCat(getpid()));
  const absl::Status refused = Acquire().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr(StrCat("is used by another process (pid ", getpid(),
                                                               "): stop it or choose another --state-dir")));
}

TEST_F(LockFileTest, IsFreeAgainWhenItsHolderIsGone) {
  {
    ASSERT_TRUE(Acquire().ok());
  }
  EXPECT_TRUE(Acquire().ok());
}

TEST_F(LockFileTest, AwaitsAHolderThatIsAboutToEnd) {
  absl::StatusOr<LockFile> lock = Acquire();
  ASSERT_TRUE(lock.ok());
  std::thread predecessor([&] {
    absl::SleepFor(absl::Milliseconds(100));
    const LockFile gone = *std::move(lock);
  });
  EXPECT_TRUE(Acquire().ok());
  predecessor.join();
}

TEST_F(LockFileTest, AFileThatACrashLeftBehindDoesNotCount) {
  std::ofstream(path_) << "99999999999\nsomething longer than a process id";
  const absl::StatusOr<LockFile> lock = Acquire();
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(Content(), StrCat(getpid()));
}

TEST_F(LockFileTest, MovesWithItsHolder) {
  absl::StatusOr<LockFile> lock = Acquire();
  ASSERT_TRUE(lock.ok());
  LockFile moved = *std::move(lock);
  EXPECT_FALSE(Acquire().ok());
  {
    const LockFile gone = std::move(moved);
  }
  EXPECT_TRUE(Acquire().ok());
}

TEST_F(LockFileTest, SaysWhyItCannotLock) {
  const absl::Status status = LockFile::Acquire(path_ + "/no/such/directory", "--data-dir").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(StrCat("cannot lock ", path_, "/no/such/directory: No such file")));
}

}  // namespace
}  // namespace sluice
