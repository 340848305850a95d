#include "base/directory_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/strings.h"

namespace sluice {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = WatchEvent::Kind;

// Events are there as soon as the call that caused them returns: nothing here waits.
class DirectoryWatcherTest : public ::testing::Test {
 protected:
  DirectoryWatcherTest() : root_(StrCat(::testing::TempDir(), "/directory_watcher_test_", getpid())) {
    std::filesystem::create_directories(Path("dir"));
    auto created = NewInotifyWatcher();
    EXPECT_TRUE(created.ok()) << created.status();
    if (created.ok()) watcher_ = *std::move(created);
  }
  ~DirectoryWatcherTest() override { std::filesystem::remove_all(root_); }

  std::string Path(std::string_view name) const { return StrCat(root_, "/", name); }
  void Append(std::string_view name) { std::ofstream(Path(name), std::ios::app) << "line\n"; }
  // Two events each time.
  void RenameBackAndForth(std::string_view name, int times) {
    std::string here = Path(name);
    std::string there = StrCat(here, "-");
    for (int i = 0; i < times; ++i) {
      ASSERT_EQ(rename(here.c_str(), there.c_str()), 0);
      here.swap(there);
    }
  }
  int Watch(std::string_view name) {
    absl::StatusOr<int> watch = watcher_->WatchDirectory(Path(name));
    EXPECT_TRUE(watch.ok()) << watch.status();
    return watch.ok() ? *watch : -1;
  }
  std::vector<WatchEvent> Read() {
    std::vector<WatchEvent> events;
    EXPECT_TRUE(watcher_->Read(&events).ok());
    return events;
  }
  // "appeared a.log", "vanished sub/"
  std::vector<std::string> ReadAsText() {
    std::vector<std::string> all;
    for (const WatchEvent& event : Read()) all.push_back(Text(event));
    return all;
  }
  static std::string Text(const WatchEvent& event) {
    constexpr const char* kNames[] = {"modified", "appeared", "vanished", "self gone", "overflow"};
    std::string text = kNames[static_cast<int>(event.kind)];
    if (!event.name.empty()) StrAppend(&text, " ", event.name, event.is_directory ? "/" : "");
    return text;
  }

  const std::string root_;
  std::unique_ptr<DirectoryWatcher> watcher_;
};

TEST_F(DirectoryWatcherTest, TellsOfFilesThatAppearGrowAndVanish) {
  int watch = Watch("dir");
  EXPECT_THAT(ReadAsText(), IsEmpty());
  Append("dir/a.log");
  std::vector<WatchEvent> events = Read();
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(Text(events[0]), "appeared a.log");
  EXPECT_EQ(Text(events[1]), "modified a.log");
  EXPECT_EQ(events[1].watch, watch);
  EXPECT_FALSE(events[1].is_directory);
  std::filesystem::rename(Path("dir/a.log"), Path("dir/a.log.1"));
  EXPECT_THAT(ReadAsText(), ElementsAre("vanished a.log", "appeared a.log.1"));
  std::filesystem::resize_file(Path("dir/a.log.1"), 0);
  EXPECT_THAT(ReadAsText(), ElementsAre("modified a.log.1"));
  std::filesystem::remove(Path("dir/a.log.1"));
  EXPECT_THAT(ReadAsText(), Contains("vanished a.log.1"));
}

TEST_F(DirectoryWatcherTest, TellsOfFilesMovedInAndOutAndOfLinks) {
  Watch("dir");
  Append("a.log");
  std::filesystem::rename(Path("a.log"), Path("dir/a.log"));
  EXPECT_THAT(ReadAsText(), ElementsAre("appeared a.log"));
  std::filesystem::create_symlink("a.log", Path("dir/link"));
  EXPECT_THAT(ReadAsText(), ElementsAre("appeared link"));
  std::filesystem::rename(Path("dir/a.log"), Path("a.log"));
  EXPECT_THAT(ReadAsText(), ElementsAre("vanished a.log"));
}

TEST_F(DirectoryWatcherTest, TellsOfPermissionsThatChanged) {
  Append("dir/a.log");
  Watch("dir");
  ASSERT_EQ(chmod(Path("dir/a.log").c_str(), 0600), 0);
  EXPECT_THAT(ReadAsText(), ElementsAre("appeared a.log"));
}

TEST_F(DirectoryWatcherTest, TellsOfDirectoriesButNotOfWhatIsBelowThem) {
  Watch("dir");
  std::filesystem::create_directory(Path("dir/sub"));
  Append("dir/sub/a.log");
  EXPECT_THAT(ReadAsText(), ElementsAre("appeared sub/"));
  std::filesystem::remove_all(Path("dir/sub"));
  EXPECT_THAT(ReadAsText(), ElementsAre("vanished sub/"));
}

TEST_F(DirectoryWatcherTest, TellsWhenTheDirectoryIsGone) {
  std::filesystem::create_directory(Path("other"));
  int deleted = Watch("dir");
  int moved = Watch("other");
  std::filesystem::remove(Path("dir"));
  std::filesystem::rename(Path("other"), Path("elsewhere"));
  std::vector<WatchEvent> events = Read();
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(events[0].kind, Kind::kSelfGone);
  EXPECT_EQ(events[0].watch, deleted);
  EXPECT_EQ(events[1].kind, Kind::kSelfGone);
  EXPECT_EQ(events[1].watch, moved);
}

TEST_F(DirectoryWatcherTest, OneDirectoryHasOneWatchByWhateverName) {
  std::filesystem::create_symlink("dir", Path("link"));
  EXPECT_EQ(Watch("dir"), Watch("link"));
  Append("dir/a.log");
  EXPECT_THAT(ReadAsText(), ElementsAre("appeared a.log", "modified a.log"));
}

TEST_F(DirectoryWatcherTest, SaysNothingMoreOfWhatIsNotWatchedAnyMore) {
  int watch = Watch("dir");
  watcher_->Remove(watch);
  watcher_->Remove(watch);
  Append("dir/a.log");
  EXPECT_THAT(ReadAsText(), IsEmpty());
}

TEST_F(DirectoryWatcherTest, WatchesAFileWhereverALinkLeads) {
  Append("a.log");
  std::filesystem::create_symlink("../a.log", Path("dir/link"));
  absl::StatusOr<int> watch = watcher_->WatchFile(Path("dir/link"));
  ASSERT_TRUE(watch.ok()) << watch.status();
  Append("a.log");
  std::vector<WatchEvent> events = Read();
  ASSERT_EQ(events.size(), 1);
  EXPECT_EQ(events[0].kind, Kind::kModified);
  EXPECT_EQ(events[0].watch, *watch);
  EXPECT_EQ(events[0].name, "");
  std::filesystem::create_hard_link(Path("a.log"), Path("b.log"));
  EXPECT_THAT(ReadAsText(), ElementsAre("appeared"));
  std::filesystem::rename(Path("a.log"), Path("a.log.1"));
  EXPECT_THAT(ReadAsText(), ElementsAre("self gone"));
}

TEST_F(DirectoryWatcherTest, SaysWhatCannotBeWatched) {
  Append("a.log");
  for (const char* name : {"none", "a.log", "none/below"}) {
    absl::Status status = watcher_->WatchDirectory(Path(name)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << name;
    EXPECT_THAT(status.ToString(), HasSubstr(StrCat("watch ", Path(name), ": ")));
  }
  std::filesystem::create_symlink("loop", Path("loop"));
  EXPECT_FALSE(watcher_->WatchDirectory(Path("loop")).ok());
}

TEST_F(DirectoryWatcherTest, TellsOfMoreEventsThanOneReadHolds) {
  std::string name(200, 'x');
  Append(StrCat("dir/", name));
  Watch("dir");
  constexpr int kRenames = 1000;
  RenameBackAndForth(StrCat("dir/", name), kRenames);
  EXPECT_EQ(Read().size(), 2 * kRenames);
}

TEST_F(DirectoryWatcherTest, TellsThatEventsWereLost) {
  int limit = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
  if (limit == 0 || limit > 100'000) GTEST_SKIP() << "the queue holds " << limit << " events: too many to fill";
  Append("dir/a");
  Watch("dir");
  RenameBackAndForth("dir/a", limit / 2 + 1);
  std::vector<WatchEvent> events = Read();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(Text(events.back()), "overflow");
  EXPECT_EQ(events.back().watch, -1);
}

}  // namespace
}  // namespace sluice
