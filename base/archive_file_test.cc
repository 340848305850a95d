#include "base/archive_file.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "zlib.h"
#include "zstd.h"

namespace sluice {
namespace {

std::string Lines(size_t bytes) {
  std::string lines;
  for (uint64_t i = 0; lines.size() < bytes; ++i) lines += "line " + std::to_string(i * 7919 % 1000003) + "\n";
  lines.resize(bytes);
  return lines;
}

std::string Gzip(const std::string& plain) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string Zstd(const std::string& plain, int window_bits = 0) {
  std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  if (window_bits > 0) {
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_bits);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  }
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  // In two steps, so that it cannot know the size beforehand.
  ZSTD_inBuffer first{plain.data(), plain.size() / 2, 0};
  EXPECT_EQ(ZSTD_isError(ZSTD_compressStream2(context.get(), &out, &first, ZSTD_e_continue)), 0U);
  in.pos = first.pos;
  EXPECT_EQ(ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_end), 0U);
  packed.resize(out.pos);
  return packed;
}

// Compressed bytes that may grow, and that count how often they are read.
struct Bytes {
  std::string content;
  size_t reads = 0;
  bool broken_disk = false;
};

class BytesFile final : public ReadableFile {
 public:
  explicit BytesFile(Bytes* bytes) : bytes_(bytes) {}
  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* buffer, size_t size) override {
    if (bytes_->broken_disk) return absl::UnknownError("read: Input/output error");
    ++bytes_->reads;
    if (offset >= bytes_->content.size()) return 0;
    return bytes_->content.copy(buffer, size, offset);
  }
  absl::StatusOr<FileStat> Stat() override { return FileStat{.inode = 7, .size = bytes_->content.size()}; }

 private:
  Bytes* const bytes_;
};

std::unique_ptr<ArchiveFile> Open(ArchiveFormat format, Bytes* bytes) {
  auto opened = ArchiveFile::Open(format, std::make_unique<BytesFile>(bytes));
  EXPECT_TRUE(opened.ok()) << opened.status();
  return opened.ok() ? *std::move(opened) : nullptr;
}

std::string ReadAll(ArchiveFile* file, size_t chunk = 300'000) {
  std::string all;
  std::string buffer(chunk, '\0');
  while (true) {
    absl::StatusOr<size_t> size = file->ReadAt(all.size(), buffer.data(), buffer.size());
    EXPECT_TRUE(size.ok()) << size.status();
    if (!size.ok() || *size == 0) return all;
    all.append(buffer, 0, *size);
  }
}

TEST(ArchiveFileTest, GivesThePlainContentAtAnyOffset) {
  const std::string plain = Lines(5'000'000);
  Bytes gzip{Gzip(plain)};
  Bytes zstd{Zstd(plain)};
  for (auto [format, bytes] : {std::pair{ArchiveFormat::kGzip, &gzip}, std::pair{ArchiveFormat::kZstd, &zstd}}) {
    std::unique_ptr<ArchiveFile> file = Open(format, bytes);
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(ReadAll(file.get()), plain);
    EXPECT_EQ(file->end(), ArchiveFile::End::kComplete);
    EXPECT_EQ(file->Stat()->size, plain.size());
    EXPECT_EQ(file->Stat()->inode, 7);
    std::string buffer(1000, '\0');
    for (size_t offset : {4'999'900, 0, 3'000'000, 2'999'000, 17, 5'000'000}) {  // forwards, and back to the beginning
      absl::StatusOr<size_t> size = file->ReadAt(offset, buffer.data(), buffer.size());
      ASSERT_TRUE(size.ok());
      EXPECT_EQ(buffer.substr(0, *size), plain.substr(offset, 1000)) << offset;
    }
  }
}

TEST(ArchiveFileTest, ReadsSeveralMembersAndIgnoresZerosBehindThem) {
  Bytes bytes{Gzip("one\n") + Gzip("") + Gzip("two\n") + std::string(1000, '\0')};
  std::unique_ptr<ArchiveFile> file = Open(ArchiveFormat::kGzip, &bytes);
  EXPECT_EQ(ReadAll(file.get()), "one\ntwo\n");
  EXPECT_EQ(file->end(), ArchiveFile::End::kComplete);
  Bytes frames{Zstd("one\n") + Zstd("two\n")};
  EXPECT_EQ(ReadAll(Open(ArchiveFormat::kZstd, &frames).get()), "one\ntwo\n");
}

TEST(ArchiveFileTest, GoesOnWhenItsWriterDoes) {
  const std::string plain = Lines(400'000);
  const std::string packed = Gzip(plain);
  Bytes bytes{packed.substr(0, packed.size() / 2)};
  std::unique_ptr<ArchiveFile> file = Open(ArchiveFormat::kGzip, &bytes);
  std::string first = ReadAll(file.get());
  EXPECT_EQ(file->end(), ArchiveFile::End::kIncomplete);
  EXPECT_EQ(file->problem(), "it ends in the middle");
  EXPECT_GT(first.size(), 0);
  bytes.content = packed;
  std::string rest(plain.size(), '\0');
  absl::StatusOr<size_t> size = file->ReadAt(first.size(), rest.data(), rest.size());
  EXPECT_EQ(first + rest.substr(0, *size), plain);
  EXPECT_EQ(file->end(), ArchiveFile::End::kComplete);
}

TEST(ArchiveFileTest, GivesWhatIsBeforeADamage) {
  const std::string plain = Lines(2'000'000);
  Bytes gzip{Gzip(plain)};
  Bytes zstd{Zstd(plain)};
  for (auto [format, bytes] : {std::pair{ArchiveFormat::kGzip, &gzip}, std::pair{ArchiveFormat::kZstd, &zstd}}) {
    size_t half = bytes->content.size() / 2;
    for (size_t i = 0; i < 64; ++i) bytes->content[half + i] = static_cast<char>(~bytes->content[half + i]);
    std::unique_ptr<ArchiveFile> file = Open(format, bytes);
    std::string found = ReadAll(file.get());
    EXPECT_EQ(file->end(), ArchiveFile::End::kBroken);
    EXPECT_NE(file->problem(), "");
    EXPECT_GT(*file->UndecodedBytes(), 0);
    EXPECT_LT(found.size(), plain.size());
    EXPECT_GT(found.size(), 100'000);
    EXPECT_EQ(found.substr(0, 100'000), plain.substr(0, 100'000));
  }
}

TEST(ArchiveFileTest, KnowsWhatIsNoArchive) {
  Bytes text{"plain text\n"};
  EXPECT_TRUE(
      absl::IsFailedPrecondition(ArchiveFile::Open(ArchiveFormat::kGzip, std::make_unique<BytesFile>(&text)).status()));
  Bytes empty;
  EXPECT_TRUE(
      absl::IsOutOfRange(ArchiveFile::Open(ArchiveFormat::kGzip, std::make_unique<BytesFile>(&empty)).status()));
  Bytes begun{"\x28\xb5"};
  EXPECT_TRUE(
      absl::IsOutOfRange(ArchiveFile::Open(ArchiveFormat::kZstd, std::make_unique<BytesFile>(&begun)).status()));
  EXPECT_EQ(ArchiveFormatOf("/a/b.log.2.gz"), ArchiveFormat::kGzip);
  EXPECT_EQ(ArchiveFormatOf("/a/b.zst"), ArchiveFormat::kZstd);
  EXPECT_EQ(ArchiveFormatOf("/a/gz"), ArchiveFormat::kNone);
}

TEST(ArchiveFileTest, RefusesAWindowThatTakesTooMuchMemory) {
  Bytes wide{Zstd(Lines(1000), /*window_bits=*/27)};
  std::unique_ptr<ArchiveFile> file = Open(ArchiveFormat::kZstd, &wide);
  EXPECT_EQ(ReadAll(file.get()), "");
  EXPECT_EQ(file->end(), ArchiveFile::End::kBroken);
  EXPECT_THAT(file->problem(), ::testing::HasSubstr("memory"));
}

TEST(ArchiveFileTest, ReachesAFarOffsetInSteps) {
  const std::string plain = Lines(5'000'000);
  Bytes bytes{Gzip(plain)};
  std::unique_ptr<ArchiveFile> file = Open(ArchiveFormat::kGzip, &bytes);
  int steps = 1;
  while (!*file->Reach(4'000'000, 500'000)) ++steps;
  EXPECT_EQ(steps, 8);
  char byte;
  ASSERT_EQ(*file->ReadAt(4'000'000, &byte, 1), 1);
  EXPECT_EQ(byte, plain[4'000'000]);
  EXPECT_TRUE(*file->Reach(6'000'000, 10'000'000)) << "the end is before it";
  EXPECT_EQ(file->plain_bytes(), plain.size());
}

TEST(ArchiveFileTest, GoesOnAfterAnErrorOfTheDisk) {
  const std::string plain = Lines(1'000'000);
  Bytes bytes{Gzip(plain)};
  std::unique_ptr<ArchiveFile> file = Open(ArchiveFormat::kGzip, &bytes);
  std::string buffer(plain.size(), '\0');
  ASSERT_EQ(*file->ReadAt(0, buffer.data(), 1000), 1000);
  bytes.broken_disk = true;
  EXPECT_FALSE(file->ReadAt(1000, buffer.data(), plain.size()).ok());
  bytes.broken_disk = false;
  EXPECT_EQ(ReadAll(file.get()), plain);
}

}  // namespace
}  // namespace sluice
