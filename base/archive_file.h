// Compressed files, read as what they hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/file_system.h"

namespace sluice {

enum class ArchiveFormat { kNone, kGzip, kZstd };

// By the name: ".gz" and ".zst" are archives that can be read.
ArchiveFormat ArchiveFormatOf(std::string_view path);

// What a stream of compressed bytes decodes to, a piece at a time. Memory is bounded by the format's window, which must
// not be larger than kWindowBytesMax. One thread.
class Decoder {
 public:
  enum class State { kMore, kBetweenMembers, kBroken };
  virtual ~Decoder() = default;
  // Takes bytes from the front of `input`, and appends at most `output_max` decoded ones to `output`.
  virtual State Decode(std::string_view* input, size_t output_max, std::string* output) = 0;
  // After kBroken.
  virtual std::string problem() const = 0;
};
inline constexpr int kWindowBitsMax = 23;  // 8 MiB: what zstd -19 makes

std::unique_ptr<Decoder> NewGzipDecoder();
std::unique_ptr<Decoder> NewZstdDecoder();

// Offsets are those of the plain content. It is decoded forwards only: a read before what is kept (the last MiB) begins
// again. Whatever the archive claims to hold, memory is bounded: about 2 MiB and the decoder's window.
class ArchiveFile final : public ReadableFile {
 public:
  enum class End {
    kNotReached,
    kComplete,    // all that there is was decoded
    kIncomplete,  // the compressed bytes end in the middle; whoever writes them may not be done
    kBroken,      // what follows cannot be decoded
  };

  // FailedPrecondition if `file` does not begin as an archive of this format, OutOfRange if it is too short to tell.
  static absl::StatusOr<std::unique_ptr<ArchiveFile>> Open(ArchiveFormat format, std::unique_ptr<ReadableFile> file);

  // Fewer bytes at the end of what can be decoded; end() says which end it is.
  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* buffer, size_t size) override;
  // The file's own, but for `size`: plain bytes decoded so far.
  absl::StatusOr<FileStat> Stat() override;

  // Decodes towards `offset`, at most `bytes_max` at a time. True if it is reached, or an end before it.
  absl::StatusOr<bool> Reach(uint64_t offset, uint64_t bytes_max);

  // Frees the decoder and what is kept; the next read begins again.
  void Release();

  End end() const { return end_; }
  // What is wrong with it, after kIncomplete and kBroken.
  std::string problem() const;
  uint64_t plain_bytes() const { return size_; }
  // Compressed bytes behind what could be decoded.
  absl::StatusOr<uint64_t> UndecodedBytes();

 private:
  ArchiveFile(ArchiveFormat format, std::unique_ptr<ReadableFile> file) : format_(format), file_(std::move(file)) {}
  absl::Status DecodeTo(uint64_t offset, uint64_t keep_from);
  absl::Status DecodeSome();
  void Forget(uint64_t before);
  uint64_t decoded_end() const { return kept_from_ + kept_.size(); }

  const ArchiveFormat format_;
  const std::unique_ptr<ReadableFile> file_;
  std::unique_ptr<Decoder> decoder_;  // null: at the beginning
  Decoder::State state_ = Decoder::State::kBetweenMembers;
  std::string input_;       // compressed bytes read and not yet taken
  uint64_t input_end_ = 0;  // offset of the compressed bytes behind these
  std::string kept_;        // plain bytes
  uint64_t kept_from_ = 0;  // offset of the first of them
  uint64_t size_ = 0;       // plain bytes decoded, at most
  End end_ = End::kNotReached;
};

}  // namespace sluice
