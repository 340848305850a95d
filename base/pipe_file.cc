#include "base/pipe_file.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/status.h"

namespace sluice {
namespace {

constexpr size_t kReadBytes = 64 << 10;

}  // namespace

PipeFile::PipeFile(int descriptor, FileStat stat, size_t kept_max)
    : descriptor_(descriptor), kept_max_(kept_max), stat_(stat) {
  stat_.type = FileType::kRegular;
  stat_.size = 0;
  stat_.links = 1;
}

absl::StatusOr<bool> PipeFile::Fill() {
  std::array<char, kReadBytes> buffer;
  bool changed = false;
  while (!ended_ && !full()) {
    // Asked first, for the descriptor may be shared with others, who would be surprised by O_NONBLOCK.
    pollfd waiting = {.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, 0) <= 0) break;
    const ssize_t size = read(descriptor_, buffer.data(), buffer.size());
    if (size < 0) {
      if (errno == EINTR || errno == EAGAIN) break;
      return absl::DataLossError(std::string("standard input: ") + std::strerror(errno));
    }
    changed = true;
    if (size == 0) {
      ended_ = true;
      break;
    }
    const auto count = static_cast<size_t>(size);
    if (head_.size() < kHeadBytes) head_.append(buffer.data(), std::min(count, kHeadBytes - head_.size()));
    kept_.append(buffer.data(), count);
    stat_.size += count;
  }
  return changed;
}

void PipeFile::Release(uint64_t offset) {
  released_ = std::max(released_, offset);
  const uint64_t needed = released_ - std::min<uint64_t>(released_, kBeforeBytes);
  const uint64_t free = needed - std::min(needed, kept_begin_);
  if (free < kept_.size() / 2 || free < kReadBytes) return;  // moving the rest has to be worth it
  kept_.erase(0, free);
  kept_begin_ += free;
}

absl::StatusOr<size_t> PipeFile::ReadAt(uint64_t offset, char* buffer, size_t size) {
  if (offset >= stat_.size) return 0;
  if (offset >= kept_begin_) {
    const size_t count = std::min<uint64_t>(size, stat_.size - offset);
    std::memcpy(buffer, kept_.data() + (offset - kept_begin_), count);
    return count;
  }
  if (offset + size > head_.size()) return DataLoss("standard input: bytes from ", offset, " on are not kept any more");
  std::memcpy(buffer, head_.data() + offset, size);
  return size;
}

}  // namespace sluice
