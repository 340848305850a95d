#include "agent/tail/unreadable_paths.h"

#include <fstream>
#include <string>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const absl::Status kDenied = PermissionDenied("open: Permission denied");

TEST(UnreadablePathsTest, KeepsWhatCannotBeOpenedUntilItIs) {
  UnreadablePaths unreadable;
  unreadable.Add("/logs/a.log", kDenied);
  unreadable.Add("/logs/a.log", kDenied);
  unreadable.Add("/logs/b.log", kDenied);
  unreadable.Opened("/logs/c.log");
  EXPECT_THAT(unreadable.paths(), UnorderedElementsAre("/logs/a.log", "/logs/b.log"));
  unreadable.Opened("/logs/a.log");
  unreadable.Vanished("/logs/b.log");
  EXPECT_THAT(unreadable.paths(), IsEmpty());
}

TEST(UnreadablePathsTest, KeepsDirectoriesUntilTheyAreListed) {
  UnreadablePaths unreadable;
  unreadable.Listed("/logs/secret", kDenied);
  unreadable.Listed("/logs/open", absl::OkStatus());
  EXPECT_THAT(unreadable.paths(), UnorderedElementsAre("/logs/secret/"));
  unreadable.Listed("/logs/secret", absl::OkStatus());
  EXPECT_THAT(unreadable.paths(), IsEmpty());
}

TEST(UnreadablePathsTest, ForgetsWhatIsInADirectoryThatVanished) {
  UnreadablePaths unreadable;
  unreadable.Listed("/logs/app", kDenied);
  unreadable.Add("/logs/app/deep/a.log", kDenied);
  unreadable.Add("/logs/app.log", kDenied);
  unreadable.DirectoryVanished("/logs/app");
  EXPECT_THAT(unreadable.paths(), UnorderedElementsAre("/logs/app.log"));
}

TEST(UnreadablePathsTest, ForgetsWhatIsThereNoMoreWhenItIsChecked) {
  const std::string there = ::testing::TempDir() + "/there.log";
  std::ofstream(there) << "line\n";
  UnreadablePaths unreadable;
  unreadable.Add(there, kDenied);
  unreadable.Add(::testing::TempDir() + "/gone.log", kDenied);
  unreadable.Check(HostFileSystem());
  EXPECT_THAT(unreadable.paths(), UnorderedElementsAre(there));
}

}  // namespace
}  // namespace sluice::agent
