#include "collector/log/rocksdb/space_guard.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/status.h"

namespace sluice::collector {
namespace {

constexpr uint64_t kCapacityShare = 8;

uint64_t MiB(uint64_t bytes) { return bytes >> 20; }

}  // namespace

SpaceGuard::SpaceGuard(const RocksDbOptions& options, std::string directory)
    : directory_(std::move(directory)), free_bytes_min_(options.free_bytes_min), space_(options.space) {}

absl::Status SpaceGuard::Check(uint64_t bytes) const {
  const absl::StatusOr<RocksDbOptions::Space> space = Look();
  if (!space.ok()) return absl::OkStatus();
  uint64_t needed = std::min(free_bytes_min_, space->capacity_bytes / kCapacityShare) + bytes;
  if (short_) needed += needed / 4;
  short_ = space->free_bytes < needed;
  if (!short_) return absl::OkStatus();
  return ResourceExhausted("disk full: ", MiB(space->free_bytes), " MiB free in ", directory_, ", ", MiB(needed) + 1,
                           " MiB needed: make room or lower the retention; agents wait meanwhile");
}

absl::StatusOr<RocksDbOptions::Space> SpaceGuard::Look() const {
  if (space_ != nullptr) return space_();
  std::error_code error;
  const std::filesystem::space_info info = std::filesystem::space(directory_, error);
  if (error) return Unavailable(error.message());
  return RocksDbOptions::Space{info.available, info.capacity};
}

}  // namespace sluice::collector
