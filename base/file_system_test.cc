#include "base/file_system.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/strings.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FileSystemTest : public ::testing::Test {
 protected:
  FileSystemTest() : root_(StrCat(::testing::TempDir(), "/file_system_test_", getpid())) {
    std::filesystem::create_directories(root_);
  }
  ~FileSystemTest() override { std::filesystem::remove_all(root_); }

  std::string Path(std::string_view name) const { return StrCat(root_, "/", name); }
  std::string Make(std::string_view name, std::string_view content) {
    std::ofstream(Path(name), std::ios::binary) << content;
    return Path(name);
  }
  std::string ReadAt(ReadableFile* file, uint64_t offset, size_t size) {
    std::string buffer(size, '?');
    absl::StatusOr<size_t> read = file->ReadAt(offset, buffer.data(), size);
    EXPECT_TRUE(read.ok()) << read.status();
    return buffer.substr(0, read.ok() ? *read : 0);
  }

  const std::string root_;
  FileSystem* const fs_ = HostFileSystem();
};

TEST_F(FileSystemTest, ReadsAnyPartOfAFileUntilItsEnd) {
  auto file = fs_->OpenForRead(Make("a", "0123456789"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(ReadAt(file->get(), 0, 4), "0123");
  EXPECT_EQ(ReadAt(file->get(), 8, 4), "89");
  EXPECT_EQ(ReadAt(file->get(), 10, 4), "");
  EXPECT_EQ(ReadAt(file->get(), 1 << 20, 4), "");
  EXPECT_EQ(ReadAt(file->get(), 2, 0), "");
  std::ofstream(Path("a"), std::ios::app) << "more";
  EXPECT_EQ(ReadAt(file->get(), 10, 100), "more") << "what was written since";
}

TEST_F(FileSystemTest, AnOpenFileOutlivesItsName) {
  auto file = fs_->OpenForRead(Make("a", "content"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->Stat()->links, 1);
  ASSERT_TRUE(fs_->Rename(Path("a"), Path("b")).ok());
  EXPECT_EQ((*file)->Stat()->inode, fs_->Stat(Path("b"), true)->inode);
  ASSERT_TRUE(fs_->Remove(Path("b")).ok());
  EXPECT_EQ((*file)->Stat()->links, 0);
  EXPECT_EQ(ReadAt(file->get(), 0, 100), "content");
}

TEST_F(FileSystemTest, OpensRegularFilesOnlyAndNeverBlocks) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  std::filesystem::create_directory(Path("dir"));
  std::filesystem::create_symlink("fifo", Path("link"));
  for (const std::string& path : {Path("fifo"), Path("dir"), Path("link"), std::string("/dev/null")}) {
    absl::Status status = fs_->OpenForRead(path).status();
    EXPECT_EQ(status, FailedPrecondition(path, ": no regular file"));
  }
  EXPECT_EQ(fs_->ReadFile(Path("fifo"), 10).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(FileSystemTest, OverwritesTheBeginningOfAFileThatIsLargeEnough) {
  const std::string path = Make("a", "0123456789");
  ASSERT_TRUE(fs_->Overwrite(path, "abc").ok());
  EXPECT_EQ(fs_->ReadFile(path, 100).value(), "abc3456789");
  EXPECT_TRUE(absl::IsFailedPrecondition(fs_->Overwrite(path, "01234567890")));
  EXPECT_EQ(fs_->ReadFile(path, 100).value(), "abc3456789");
  EXPECT_TRUE(absl::IsNotFound(fs_->Overwrite(Path("b"), "abc")));
}

TEST_F(FileSystemTest, FollowsLinksButNotInCircles) {
  Make("a", "content");
  std::filesystem::create_symlink("a", Path("link"));
  std::filesystem::create_symlink("two", Path("one"));
  std::filesystem::create_symlink("one", Path("two"));
  std::filesystem::create_symlink("none", Path("dangling"));
  EXPECT_EQ(*fs_->ReadFile(Path("link"), 100), "content");
  EXPECT_EQ(fs_->Stat(Path("link"), /*follow=*/true)->type, FileType::kRegular);
  EXPECT_EQ(fs_->Stat(Path("link"), /*follow=*/false)->type, FileType::kSymlink);
  EXPECT_EQ(fs_->Stat(Path("one"), /*follow=*/false)->type, FileType::kSymlink);
  absl::Status loop = fs_->Stat(Path("one"), /*follow=*/true).status();
  EXPECT_EQ(loop.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(loop.ToString(), HasSubstr(Path("one")));
  EXPECT_EQ(fs_->OpenForRead(Path("one")).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(fs_->Stat(Path("dangling"), /*follow=*/true).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileSystemTest, TellsWhatAFileIs) {
  struct stat expected;
  ASSERT_EQ(stat(Make("a", "content").c_str(), &expected), 0);
  absl::StatusOr<FileStat> found = fs_->Stat(Path("a"), true);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->type, FileType::kRegular);
  EXPECT_EQ(found->device, expected.st_dev);
  EXPECT_EQ(found->inode, expected.st_ino);
  EXPECT_EQ(found->size, 7);
  EXPECT_EQ(found->modified_unix_nano, expected.st_mtim.tv_sec * 1'000'000'000 + expected.st_mtim.tv_nsec);
  uint64_t born = found->birth_unix_nano;
  Make("a", "other content");
  EXPECT_EQ(fs_->Stat(Path("a"), true)->birth_unix_nano, born) << "a file is born once, however often it is rewritten";
  EXPECT_EQ(fs_->Stat("/dev/null", true)->type, FileType::kOther);
}

TEST_F(FileSystemTest, ListsWhatIsThereWithItsKind) {
  Make("a", "");
  std::filesystem::create_directory(Path("b"));
  std::filesystem::create_symlink("b", Path("c"));
  ASSERT_EQ(mkfifo(Path("d").c_str(), 0600), 0);
  Make("\xff\n", "");
  absl::StatusOr<std::vector<DirectoryEntry>> entries = fs_->List(root_);
  ASSERT_TRUE(entries.ok()) << entries.status();
  std::vector<std::pair<std::string, FileType>> found;
  for (const DirectoryEntry& entry : *entries) found.emplace_back(entry.name, entry.type);
  std::sort(found.begin(), found.end());
  EXPECT_THAT(found, ElementsAre(std::pair("a", FileType::kRegular), std::pair("b", FileType::kDirectory),
                                 std::pair("c", FileType::kSymlink), std::pair("d", FileType::kOther),
                                 std::pair("\xff\n", FileType::kRegular)));
  EXPECT_EQ(fs_->List(Path("a")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(fs_->List(Path("none")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileSystemTest, ReadsNoFileThatIsLargerThanExpected) {
  Make("a", "0123456789");
  EXPECT_EQ(*fs_->ReadFile(Path("a"), 10), "0123456789");
  EXPECT_EQ(fs_->ReadFile(Path("a"), 9).status(), InvalidArgument(Path("a"), ": 10 bytes; at most 9 are expected"));
}

TEST_F(FileSystemTest, ReplacesAFileByWriteSyncRename) {
  Make("state", "old and longer");
  ASSERT_TRUE(fs_->WriteFile(Path("state.new"), "half-written before").ok());
  ASSERT_TRUE(fs_->WriteFile(Path("state.new"), "new").ok());
  EXPECT_EQ(*fs_->ReadFile(Path("state"), 100), "old and longer");
  ASSERT_TRUE(fs_->Rename(Path("state.new"), Path("state")).ok());
  ASSERT_TRUE(fs_->SyncDirectory(root_).ok());
  EXPECT_EQ(*fs_->ReadFile(Path("state"), 100), "new");
  struct stat made;
  ASSERT_EQ(stat(Path("state").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0600) << "paths and offsets are nobody else's business";
  EXPECT_EQ(fs_->Stat(Path("state.new"), true).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileSystemTest, NamesThePathAndTheReason) {
  std::string none = Path("none/a");
  EXPECT_EQ(fs_->OpenForRead(none).status(), NotFound("open ", none, ": No such file or directory"));
  EXPECT_EQ(fs_->Stat(none, true).status(), NotFound("stat ", none, ": No such file or directory"));
  EXPECT_EQ(fs_->WriteFile(none, "x"), NotFound("create ", none, ": No such file or directory"));
  EXPECT_EQ(fs_->Remove(none), NotFound("remove ", none, ": No such file or directory"));
  EXPECT_EQ(fs_->SyncDirectory(none), NotFound("open ", none, ": No such file or directory"));
  absl::Status renamed = fs_->Rename(none, Path("b"));
  EXPECT_EQ(renamed.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(renamed, NotFound("rename ", none, " to ", Path("b"), ": No such file or directory"));
  std::string long_name = Path(std::string(300, 'x'));
  EXPECT_EQ(fs_->Stat(long_name, true).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(FileSystemTest, MakesDirectoriesWithAllThatIsMissingAboveThem) {
  ASSERT_TRUE(fs_->CreateDirectories(Path("a/b//c/")).ok());
  ASSERT_TRUE(fs_->CreateDirectories(Path("a/b/c")).ok()) << "there already";
  struct stat made;
  ASSERT_EQ(stat(Path("a/b/c").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0700);
  Make("file", "");
  EXPECT_FALSE(fs_->CreateDirectories(Path("file")).ok());
  EXPECT_EQ(fs_->CreateDirectories(Path("file/below")).code(), absl::StatusCode::kNotFound);
}

// What the code in `body` says in a process of its own, which may give up rights; "" if it could not.
template <typename Body>
std::string InAnotherProcess(Body body) {
  int ends[2];
  if (pipe(ends) != 0) return "";
  pid_t child = fork();
  if (child == 0) {
    std::string said = body();
    ssize_t written = write(ends[1], said.data(), said.size());
    _exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string said(4096, '\0');
  ssize_t size = read(ends[0], said.data(), said.size());
  close(ends[0]);
  waitpid(child, nullptr, 0);
  said.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return said;
}

TEST_F(FileSystemTest, SaysWhatMayNotBeRead) {
  Make("secret", "content");
  std::filesystem::create_directory(Path("locked"));
  ASSERT_EQ(chmod(Path("secret").c_str(), 0), 0);
  ASSERT_EQ(chmod(Path("locked").c_str(), 0), 0);
  std::string said = InAnotherProcess([this] {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && seteuid(kNobody) != 0) return std::string();
    return StrCat(fs_->OpenForRead(Path("secret")).status().ToString(), "\n",
                  fs_->List(Path("locked")).status().ToString(), "\n",
                  fs_->WriteFile(Path("locked/a"), "x").ToString());
  });
  chmod(Path("locked").c_str(), 0700);
  if (said.empty()) GTEST_SKIP() << "cannot become another user";
  EXPECT_EQ(said, StrCat("PERMISSION_DENIED: open ", Path("secret"), ": Permission denied\n",
                         "PERMISSION_DENIED: list ", Path("locked"), ": Permission denied\n",
                         "PERMISSION_DENIED: create ", Path("locked/a"), ": Permission denied"));
}

TEST_F(FileSystemTest, SaysThatTheDiskIsFull) {
  std::string said = InAnotherProcess([this] {
    // A name space of its own: the mount goes with the process.
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", root_.c_str(), "tmpfs", 0, "size=64k") != 0) {
      return std::string();
    }
    return fs_->WriteFile(Path("a"), std::string(1 << 20, 'x')).ToString();
  });
  if (said.empty()) GTEST_SKIP() << "cannot mount a small file system";
  EXPECT_EQ(said, StrCat("RESOURCE_EXHAUSTED: write ", Path("a"), ": No space left on device"));
}

TEST_F(FileSystemTest, SaysThatTooManyFilesAreOpen) {
  Make("a", "content");
  std::string said = InAnotherProcess([this] {
    rlimit limit = {3, 3};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return std::string();
    return fs_->OpenForRead(Path("a")).status().ToString();
  });
  EXPECT_EQ(said, StrCat("RESOURCE_EXHAUSTED: open ", Path("a"), ": Too many open files"));
}

TEST(OpenFilesLimitTest, IsRaisedAsFarAsItMayBe) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(RaiseOpenFilesLimit(), before.rlim_max);
  rlimit after;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
}

TEST(PathTest, JoinsAndTakesApart) {
  EXPECT_EQ(JoinPath("a/b", "c"), "a/b/c");
  EXPECT_EQ(JoinPath("a/", "c"), "a/c");
  EXPECT_EQ(JoinPath("/", "c"), "/c");
  EXPECT_EQ(JoinPath("", "c"), "c");
  EXPECT_EQ(DirectoryOf("/a/b/c"), "/a/b");
  EXPECT_EQ(DirectoryOf("/a"), "/");
  EXPECT_EQ(DirectoryOf("c"), ".");
  EXPECT_EQ(BaseNameOf("/a/b/c"), "c");
  EXPECT_EQ(BaseNameOf("c"), "c");
  EXPECT_EQ(BaseNameOf("a/"), "");
}

}  // namespace
}  // namespace sluice
