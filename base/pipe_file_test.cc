#include "base/pipe_file.h"

#include <unistd.h>

#include <array>
#include <thread>

#include "base/waker.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

class PipeFileTest : public ::testing::Test {
 protected:
  PipeFileTest() { EXPECT_EQ(pipe(ends_.data()), 0); }
  ~PipeFileTest() override {
    close(ends_[0]);
    CloseWriter();
  }
  void Write(std::string_view text) { ASSERT_EQ(write(ends_[1], text.data(), text.size()), ssize_t(text.size())); }
  void CloseWriter() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  static std::string Read(PipeFile* file, uint64_t offset, size_t size) {
    std::string text(size, '\0');
    absl::StatusOr<size_t> read = file->ReadAt(offset, text.data(), size);
    EXPECT_TRUE(read.ok()) << read.status();
    text.resize(read.value_or(0));
    return text;
  }

  std::array<int, 2> ends_;
};

TEST_F(PipeFileTest, GrowsAsBytesComeAndEnds) {
  PipeFile file(ends_[0], FileStat{.inode = 7}, 1 << 20);
  EXPECT_FALSE(*file.Fill());
  Write("hello");
  EXPECT_TRUE(*file.Fill());
  EXPECT_EQ(file.Stat()->size, 5);
  EXPECT_EQ(file.Stat()->inode, 7);
  EXPECT_EQ(Read(&file, 1, 100), "ello");
  EXPECT_FALSE(file.ended());
  EXPECT_EQ(file.descriptor(), ends_[0]);
  CloseWriter();
  EXPECT_TRUE(*file.Fill());
  EXPECT_TRUE(file.ended());
  EXPECT_EQ(file.descriptor(), -1);
  EXPECT_EQ(Read(&file, 5, 100), "");
}

TEST_F(PipeFileTest, TakesNoMoreThanItMayKeepUntilThatIsReleased) {
  PipeFile file(ends_[0], FileStat(), 64 << 10);
  Write(std::string(64 << 10, 'a'));
  EXPECT_TRUE(*file.Fill());
  EXPECT_EQ(file.descriptor(), -1) << "there is no use in waiting for more";
  Write("more");
  EXPECT_FALSE(*file.Fill());
  file.Release(64 << 10);
  EXPECT_TRUE(*file.Fill());
  EXPECT_EQ(Read(&file, 64 << 10, 10), "more");
}

// Ten megabytes through a small window: every byte, with its beginning and what was before each place still there.
TEST_F(PipeFileTest, KeepsTheFirstBytesAndThoseBeforeTheReleasedPlace) {
  std::string all;
  for (int i = 0; all.size() < 10 << 20; ++i) all += std::to_string(i) + '\n';
  std::thread writer([this, &all] {
    for (size_t at = 0; at < all.size();) at += static_cast<size_t>(write(ends_[1], all.data() + at, all.size() - at));
    CloseWriter();
  });
  PipeFile file(ends_[0], FileStat(), 256 << 10);
  std::string found;
  while (!file.ended() || found.size() < file.Stat()->size) {
    if (!*file.Fill() && file.descriptor() >= 0) WaitReadable({file.descriptor()}, absl::Seconds(10));
    const size_t before = std::min<size_t>(found.size(), 256);
    const std::string read = Read(&file, found.size() - before, before + 100'000);
    ASSERT_EQ(read.substr(0, before), all.substr(found.size() - before, before));
    found += read.substr(before);
    file.Release(found.size());
    ASSERT_EQ(Read(&file, 0, 1024), all.substr(0, std::min<size_t>(found.size(), 1024)));
  }
  writer.join();
  EXPECT_TRUE(found == all);
}

TEST_F(PipeFileTest, SaysThatBytesAreGoneInsteadOfGivingOthers) {
  PipeFile file(ends_[0], FileStat(), 1 << 20);
  for (int i = 0; i < 4; ++i) {
    Write(std::string(60'000, static_cast<char>('a' + i)));
    ASSERT_TRUE(*file.Fill());
  }
  file.Release(240'000);
  char byte;
  EXPECT_EQ(file.ReadAt(100'000, &byte, 1).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Read(&file, 239'999, 5), "d");
}

}  // namespace
}  // namespace sluice
