#include "agent/tail/file_memory.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;

class MemoryFile final : public ReadableFile {
 public:
  explicit MemoryFile(std::string content) : content_(std::move(content)) {}
  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* buffer, size_t size) override {
    if (broken_) return absl::UnknownError("read at 0 of a: Input/output error");
    if (offset >= content_.size()) return 0;
    return content_.copy(buffer, size, offset);
  }
  absl::StatusOr<FileStat> Stat() override { return FileStat{}; }
  void Break() { broken_ = true; }

 private:
  const std::string content_;
  bool broken_ = false;
};

// Lines that are all different.
std::string Lines(char kind, size_t bytes) {
  std::string lines;
  for (int i = 0; lines.size() < bytes; ++i) lines += std::string(1, kind) + std::to_string(i) + "\n";
  lines.resize(bytes);
  return lines;
}

constexpr uint64_t kInode = 7;
constexpr uint64_t kBirth = 1'700'000'000'000'000'000;
constexpr uint64_t kDevice = 3;

FileStat StatOf(std::string_view content) {
  return {.type = FileType::kRegular,
          .device = kDevice,
          .inode = kInode,
          .birth_unix_nano = kBirth,
          .size = content.size()};
}

// What is kept of a file of which `content` is stored.
v1::FileWatermark Stored(std::string_view content) {
  v1::FileWatermark watermark;
  watermark.mutable_file()->set_device(kDevice);
  watermark.mutable_file()->set_inode(kInode);
  watermark.mutable_file()->set_birth_time_unix_nano(kBirth);
  watermark.set_end_offset(content.size());
  watermark.set_path("/log/a");
  *watermark.mutable_head() = HashOf(content.substr(0, kHeadBytes));
  *watermark.mutable_frontier() = HashOf(content.substr(content.size() - std::min(content.size(), kFrontierBytes)));
  return watermark;
}

v1::FileWatermark WithGeneration(v1::FileWatermark watermark, uint32_t generation) {
  watermark.mutable_file()->set_generation(generation);
  return watermark;
}
v1::FileWatermark WithDevice(v1::FileWatermark watermark, uint64_t device) {
  watermark.mutable_file()->set_device(device);
  return watermark;
}
v1::FileWatermark WithoutBirth(v1::FileWatermark watermark) {
  watermark.mutable_file()->set_birth_time_unix_nano(0);
  return watermark;
}

class ResumeTest : public ::testing::Test {
 protected:
  Resumption ResumeWith(std::string_view content, FileStat stat) {
    MemoryFile file{std::string(content)};
    absl::StatusOr<Resumption> resumption = Resume(memory_, stat, &file);
    EXPECT_TRUE(resumption.ok()) << resumption.status();
    return resumption.ok() ? *resumption : Resumption();
  }
  Resumption ResumeWith(std::string_view content) { return ResumeWith(content, StatOf(content)); }

  void ExpectGoesOn(std::string_view content, uint64_t offset) {
    Resumption result = ResumeWith(content);
    EXPECT_TRUE(result.known);
    EXPECT_FALSE(result.replaced);
    EXPECT_EQ(result.offset, offset);
  }
  void ExpectReplaced(std::string_view content) {
    Resumption result = ResumeWith(content);
    EXPECT_FALSE(result.known);
    EXPECT_TRUE(result.replaced);
    EXPECT_EQ(result.offset, 0);
    EXPECT_EQ(result.identity.generation(), 1);
  }

  FileMemory memory_;
};

TEST_F(ResumeTest, BeginsAFileThatNobodyKnows) {
  Resumption result = ResumeWith("line\n");
  EXPECT_FALSE(result.known);
  EXPECT_FALSE(result.replaced);
  EXPECT_EQ(result.offset, 0);
  EXPECT_EQ(result.identity.device(), kDevice);
  EXPECT_EQ(result.identity.inode(), kInode);
  EXPECT_EQ(result.identity.birth_time_unix_nano(), kBirth);
  EXPECT_EQ(result.identity.generation(), 0);
}

TEST_F(ResumeTest, GoesOnInAFileThatHasGrownOrStayed) {
  // Below, at and beyond both hash windows.
  for (size_t size : {size_t{1}, kFrontierBytes - 1, kFrontierBytes, kFrontierBytes + 1, kHeadBytes - 1, kHeadBytes,
                      kHeadBytes + 1, size_t{5000}}) {
    memory_ = {};
    std::string content = Lines('a', size);
    memory_.Learn(Stored(content));
    ExpectGoesOn(content, size);
    ExpectGoesOn(content + Lines('b', 3000), size);
  }
  Resumption result = ResumeWith(Lines('a', 5000));
  EXPECT_EQ(result.path, "/log/a");
  EXPECT_TRUE(SameHash(result.frontier, Stored(Lines('a', 5000)).frontier()));
}

TEST_F(ResumeTest, BeginsATruncatedFileAsANewGeneration) {
  memory_.Learn(Stored(Lines('a', 5000)));
  ExpectReplaced(Lines('a', 4999));
  ExpectReplaced(Lines('b', 10));
  ExpectReplaced("");
}

TEST_F(ResumeTest, SeesOtherContentOfTheSameOrALargerSize) {
  std::string content = Lines('a', 5000);
  memory_.Learn(Stored(content));
  ExpectReplaced(Lines('b', 5000));
  ExpectReplaced(Lines('b', 9000));
  std::string other_head = content;
  other_head[0] = 'x';
  ExpectReplaced(other_head);
  std::string other_frontier = content;
  other_frontier[4999 - kFrontierBytes / 2] = 'x';
  ExpectReplaced(other_frontier);
  std::string shifted = "x" + content;
  ExpectReplaced(shifted);
}

TEST_F(ResumeTest, SeesOtherContentOfAFileShorterThanTheWindows) {
  memory_.Learn(Stored("one\n"));
  ExpectGoesOn("one\ntwo\n", 4);
  ExpectReplaced("two\n");
  ExpectReplaced("on");
}

TEST_F(ResumeTest, AFileOfWhichNothingIsStoredIsNotReplaced) {
  memory_.Learn(WithGeneration(Stored(""), 4));
  Resumption result = ResumeWith("anything\n");
  EXPECT_TRUE(result.known);
  EXPECT_FALSE(result.replaced);
  EXPECT_EQ(result.offset, 0);
  EXPECT_EQ(result.identity.generation(), 4);

  v1::FileWatermark left_out = WithGeneration(Stored(""), 4);  // met with content, of which nothing was stored
  *left_out.mutable_head() = HashOf("something else\n");
  memory_ = {};
  memory_.Learn(left_out);
  result = ResumeWith("anything\n");
  EXPECT_FALSE(result.known);
  EXPECT_FALSE(result.replaced) << "there is nothing to be told apart from";
  EXPECT_EQ(result.identity.generation(), 4);
}

TEST_F(ResumeTest, ComparesWithTheNewestGeneration) {
  memory_.Learn(Stored(Lines('a', 3000)));
  memory_.Learn(WithGeneration(Stored(Lines('b', 2000)), 1));
  Resumption result = ResumeWith(Lines('b', 2500));
  EXPECT_TRUE(result.known);
  EXPECT_EQ(result.identity.generation(), 1);
  EXPECT_EQ(result.offset, 2000);
  result = ResumeWith(Lines('a', 3000));
  EXPECT_TRUE(result.replaced);
  EXPECT_EQ(result.identity.generation(), 2) << "an older generation never comes back";
}

TEST_F(ResumeTest, AReusedInodeOfAnotherBirthIsAnotherFile) {
  memory_.Learn(Stored(Lines('a', 3000)));
  FileStat stat = StatOf(Lines('a', 3000));
  stat.birth_unix_nano = kBirth + 1;
  Resumption result = ResumeWith(Lines('a', 3000), stat);
  EXPECT_FALSE(result.known);
  EXPECT_FALSE(result.replaced);
  EXPECT_EQ(result.identity.birth_time_unix_nano(), kBirth + 1);
  EXPECT_EQ(result.identity.generation(), 0);
}

TEST_F(ResumeTest, AReusedInodeWithoutABirthTimeIsKnownByItsContent) {
  memory_.Learn(WithoutBirth(Stored(Lines('a', 3000))));
  FileStat stat = StatOf(Lines('b', 3000));
  stat.birth_unix_nano = 0;
  EXPECT_TRUE(ResumeWith(Lines('b', 3000), stat).replaced);
  EXPECT_EQ(ResumeWith(Lines('a', 3000), stat).offset, 3000);
}

TEST_F(ResumeTest, AFileKeepsItsIdentityWhenItsDeviceHasAnotherNumber) {
  std::string content = Lines('a', 3000);
  memory_.Learn(WithDevice(Stored(content), 99));
  Resumption result = ResumeWith(content);
  EXPECT_TRUE(result.known);
  EXPECT_EQ(result.offset, 3000);
  EXPECT_EQ(result.identity.device(), 99) << "as the collector knows it";

  memory_ = {};
  memory_.Learn(WithoutBirth(WithDevice(Stored(content), 99)));
  FileStat stat = StatOf(content);
  stat.birth_unix_nano = 0;
  EXPECT_FALSE(ResumeWith(content, stat).known) << "only a birth time tells devices' files apart";
}

TEST_F(ResumeTest, PrefersItsOwnDeviceToANewerGenerationOfAnother) {
  std::string content = Lines('a', 3000);
  memory_.Learn(Stored(content));
  memory_.Learn(WithGeneration(WithDevice(Stored(Lines('b', 10)), 1), 8));
  memory_.Learn(WithGeneration(WithDevice(Stored(Lines('b', 10)), 99), 9));
  EXPECT_EQ(ResumeWith(content).offset, 3000);
}

TEST_F(ResumeTest, DoesNotTrustAWatermarkOfUnknownWindows) {
  std::string content = Lines('a', 3000);
  v1::FileWatermark watermark = Stored(content);
  watermark.mutable_head()->set_length(kHeadBytes + 1);
  memory_.Learn(watermark);
  ExpectReplaced(content);
  watermark = Stored(content);
  watermark.mutable_frontier()->set_length(3001);  // reaches beyond the beginning
  memory_ = {};
  memory_.Learn(watermark);
  ExpectReplaced(content);
}

TEST_F(ResumeTest, GivesTheDisksErrorInsteadOfADecision) {
  memory_.Learn(Stored(Lines('a', 3000)));
  MemoryFile file(Lines('a', 3000));
  file.Break();
  EXPECT_EQ(Resume(memory_, StatOf(Lines('a', 3000)), &file).status().message(), "read at 0 of a: Input/output error");
}

TEST(FileMemoryTest, KeepsTheFurtherOfTwoWatermarks) {
  FileMemory memory;
  memory.Learn(Stored(Lines('a', 100)));
  memory.Learn(Stored(Lines('a', 300)));
  memory.Learn(Stored(Lines('a', 200)));
  EXPECT_EQ(memory.size(), 1);
  EXPECT_EQ(memory.Find(Stored("").file())->end_offset(), 300);
  EXPECT_EQ(memory.Find(WithGeneration(Stored(""), 1).file()), nullptr);
}

std::vector<uint64_t> Offsets(const FileMemory& memory) {
  std::vector<uint64_t> offsets;
  for (const v1::FileWatermark* watermark : memory.All()) offsets.push_back(watermark->end_offset());
  return offsets;
}

// The collector tells the same watermark without it.
TEST(FileMemoryTest, KeepsThatAFileWasFinishedUntilMoreOfItIsKnown) {
  FileMemory memory;
  v1::FileWatermark finished = Stored("one\n");
  finished.set_finished(true);
  memory.Learn(finished);
  memory.Learn(Stored("one\n"));
  EXPECT_TRUE(memory.All()[0]->finished());
  memory.Learn(Stored("one\ntwo\n"));
  EXPECT_FALSE(memory.All()[0]->finished());
}

TEST(FileMemoryTest, ForgetsWhatWasLearntFirst) {
  FileMemory memory;
  for (uint32_t generation = 0; generation < 5; ++generation) {
    memory.Learn(WithGeneration(Stored(Lines('a', 100 + generation)), generation));
  }
  memory.Trim(5);
  EXPECT_THAT(Offsets(memory), ElementsAre(100, 101, 102, 103, 104));
  memory.Learn(WithGeneration(Stored(Lines('a', 100)), 0));  // heard of again
  memory.Trim(2);
  EXPECT_THAT(Offsets(memory), ElementsAre(100, 104));
  memory.Trim(0);
  EXPECT_EQ(memory.size(), 0);
}

TEST(HashOfTest, NothingIsAsWhatWasNeverHashed) {
  EXPECT_TRUE(SameHash(HashOf(""), v1::ContentHash()));
  EXPECT_FALSE(SameHash(HashOf("a"), HashOf("b")));
  EXPECT_FALSE(SameHash(HashOf("a"), HashOf("aa")));
}

}  // namespace
}  // namespace sluice::agent
