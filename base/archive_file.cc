#include "base/archive_file.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "base/status.h"

namespace sluice {
namespace {

constexpr size_t kInputBytes = 64 * 1024;
constexpr size_t kOutputBytes = 128 * 1024;
// Plain bytes kept before the place of the last read. Who reads lines comes back to the beginning of one, no further.
constexpr uint64_t kKeptBytes = (1 << 20) + (128 << 10);

constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

std::string_view MagicOf(ArchiveFormat format) { return format == ArchiveFormat::kGzip ? kGzipMagic : kZstdMagic; }

}  // namespace

ArchiveFormat ArchiveFormatOf(std::string_view path) {
  if (path.ends_with(".gz")) return ArchiveFormat::kGzip;
  if (path.ends_with(".zst")) return ArchiveFormat::kZstd;
  return ArchiveFormat::kNone;
}

absl::StatusOr<std::unique_ptr<ArchiveFile>> ArchiveFile::Open(ArchiveFormat format,
                                                               std::unique_ptr<ReadableFile> file) {
  std::array<char, 4> begin;
  std::string_view magic = MagicOf(format);
  SLUICE_ASSIGN_OR_RETURN(size_t size, file->ReadAt(0, begin.data(), magic.size()));
  std::string_view found(begin.data(), size);
  if (found != magic.substr(0, size)) return FailedPrecondition("does not begin as an archive");
  if (size < magic.size()) return absl::OutOfRangeError("too short to be an archive");
  return std::unique_ptr<ArchiveFile>(new ArchiveFile(format, std::move(file)));
}

absl::StatusOr<size_t> ArchiveFile::ReadAt(uint64_t offset, char* buffer, size_t size) {
  SLUICE_RETURN_IF_ERROR(DecodeTo(offset + size, offset));
  if (offset >= decoded_end()) return 0;
  size_t count = std::min<uint64_t>(size, decoded_end() - offset);
  kept_.copy(buffer, count, offset - kept_from_);
  return count;
}

absl::StatusOr<FileStat> ArchiveFile::Stat() {
  SLUICE_ASSIGN_OR_RETURN(FileStat stat, file_->Stat());
  stat.size = size_;
  return stat;
}

absl::StatusOr<bool> ArchiveFile::Reach(uint64_t offset, uint64_t bytes_max) {
  if (offset <= decoded_end() && offset >= kept_from_ && decoder_ != nullptr) return true;
  uint64_t target = std::min(offset, (offset < kept_from_ ? 0 : decoded_end()) + bytes_max);
  SLUICE_RETURN_IF_ERROR(DecodeTo(target, target));
  return decoded_end() >= offset || end_ != End::kNotReached;
}

void ArchiveFile::Release() {
  decoder_ = nullptr;
  std::string().swap(kept_);
  std::string().swap(input_);
  kept_from_ = 0;
}

std::string ArchiveFile::problem() const {
  if (end_ == End::kIncomplete) return "it ends in the middle";
  return decoder_ == nullptr ? "" : decoder_->problem();
}

absl::StatusOr<uint64_t> ArchiveFile::UndecodedBytes() {
  SLUICE_ASSIGN_OR_RETURN(FileStat stat, file_->Stat());
  return input_.size() + (stat.size > input_end_ ? stat.size - input_end_ : 0);
}

// Decodes until `offset` or an end. Bytes from `keep_from` on, and some before, are kept.
absl::Status ArchiveFile::DecodeTo(uint64_t offset, uint64_t keep_from) {
  if (keep_from < kept_from_ || decoder_ == nullptr) {
    decoder_ = format_ == ArchiveFormat::kGzip ? NewGzipDecoder() : NewZstdDecoder();
    state_ = Decoder::State::kBetweenMembers;
    input_.clear();
    kept_.clear();
    input_end_ = kept_from_ = 0;
    end_ = End::kNotReached;
  }
  if (decoded_end() < offset && end_ != End::kBroken) end_ = End::kNotReached;  // it may have grown
  while (decoded_end() < offset && end_ == End::kNotReached) {
    Forget(keep_from);
    SLUICE_RETURN_IF_ERROR(DecodeSome());
  }
  size_ = std::max(size_, decoded_end());
  return absl::OkStatus();
}

absl::Status ArchiveFile::DecodeSome() {
  if (input_.empty()) {
    input_.resize(kInputBytes);
    absl::StatusOr<size_t> size = file_->ReadAt(input_end_, input_.data(), input_.size());
    input_.resize(size.ok() ? *size : 0);
    SLUICE_RETURN_IF_ERROR(size.status());
    input_end_ += input_.size();
  }
  bool at_end = input_.empty();
  if (at_end && state_ == Decoder::State::kBetweenMembers) {
    end_ = End::kComplete;
    return absl::OkStatus();
  }
  std::string_view input = input_;
  size_t before = kept_.size();
  state_ = decoder_->Decode(&input, kOutputBytes, &kept_);
  input_.erase(0, input_.size() - input.size());
  if (state_ == Decoder::State::kBroken) {
    end_ = End::kBroken;
  } else if (at_end && kept_.size() == before) {
    end_ = End::kIncomplete;
  }
  return absl::OkStatus();
}

void ArchiveFile::Forget(uint64_t keep_from) {
  uint64_t from = keep_from - std::min(keep_from, kKeptBytes);
  if (from <= kept_from_ + kKeptBytes / 4) return;  // moving bytes for little is a waste
  size_t count = std::min<uint64_t>(from - kept_from_, kept_.size());
  kept_.erase(0, count);
  kept_from_ += count;
}

}  // namespace sluice
