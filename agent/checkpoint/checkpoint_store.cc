#include "agent/checkpoint/checkpoint_store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <string_view>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_format.h"
#include "agent/checkpoint/checkpoint_format.h"
#include "base/log.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

constexpr std::array<std::string_view, 2> kSlots = {"checkpoint.0", "checkpoint.1"};
constexpr std::string_view kNext = "checkpoint.new";
constexpr std::string_view kBad = "checkpoint.bad";
// A slot is made larger than what it first holds, so that it seldom has to be made again.
constexpr size_t kSlotBytesMin = 16 << 10;
constexpr std::string_view kInstance = "instance";
constexpr size_t kCheckpointBytesMax = 256 << 20;
constexpr size_t kInstanceBytesMax = 64;

bool IsInstanceId(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

CheckpointStore::CheckpointStore(std::string directory, FileSystem* file_system)
    : directory_(std::move(directory)), file_system_(file_system) {}

v1::AgentCheckpoint CheckpointStore::Load() {
  v1::AgentCheckpoint newest;
  serial_ = 0;
  for (size_t slot = 0; slot < kSlots.size(); ++slot) {
    absl::StatusOr<v1::AgentCheckpoint> checkpoint = LoadFile(kSlots[slot]);
    if (checkpoint.ok() && checkpoint->serial() > serial_) {
      newest = *std::move(checkpoint);
      serial_ = newest.serial();
      newest_ = slot;
    } else if (!checkpoint.ok() && !absl::IsNotFound(checkpoint.status())) {
      PutAside(kSlots[slot], checkpoint.status());
    }
  }
  return newest;
}

absl::StatusOr<v1::AgentCheckpoint> CheckpointStore::LoadFile(std::string_view name) {
  SLUICE_ASSIGN_OR_RETURN(std::string bytes, file_system_->ReadFile(PathOf(name), kCheckpointBytesMax));
  return DecodeCheckpoint(bytes);
}

void CheckpointStore::PutAside(std::string_view name, const absl::Status& reason) {
  log::Error("checkpoint", "cannot read; going on with the other one and the collector's word",
             {{"path", PathOf(name)}, {"reason", reason}, {"kept_as", PathOf(kBad)}});
  if (absl::Status kept = file_system_->Rename(PathOf(name), PathOf(kBad)); !kept.ok()) {
    log::Warn("checkpoint", "cannot put it aside", {{"reason", kept}});
  }
}

absl::Status CheckpointStore::Save(v1::AgentCheckpoint checkpoint) {
  checkpoint.set_serial(serial_ + 1);
  const size_t slot = 1 - newest_;
  std::string bytes = EncodeCheckpoint(checkpoint);
  absl::Status status = file_system_->Overwrite(PathOf(kSlots[slot]), bytes);
  if (absl::IsNotFound(status) || absl::IsFailedPrecondition(status)) status = Create(kSlots[slot], std::move(bytes));
  SLUICE_RETURN_IF_ERROR(status);
  ++serial_;
  newest_ = slot;
  return absl::OkStatus();
}

absl::Status CheckpointStore::Create(std::string_view name, std::string bytes) {
  bytes.resize(std::max(kSlotBytesMin, std::bit_ceil(2 * bytes.size())));
  SLUICE_RETURN_IF_ERROR(file_system_->WriteFile(PathOf(kNext), bytes));
  SLUICE_RETURN_IF_ERROR(file_system_->Rename(PathOf(kNext), PathOf(name)));
  return file_system_->SyncDirectory(directory_);
}

absl::StatusOr<std::string> CheckpointStore::InstanceId() {
  absl::StatusOr<std::string> known = file_system_->ReadFile(PathOf(kInstance), kInstanceBytesMax);
  bool is_missing = absl::IsNotFound(known.status());
  bool is_damaged = absl::IsInvalidArgument(known.status()) || (known.ok() && !IsInstanceId(*known));
  if (!is_missing && !is_damaged) return known;
  if (is_damaged)
    log::Warn("checkpoint", "the instance id is damaged; making a new one", {{"path", PathOf(kInstance)}});
  absl::BitGen random;
  std::string id = absl::StrFormat("%016x%016x", absl::Uniform<uint64_t>(random), absl::Uniform<uint64_t>(random));
  SLUICE_RETURN_IF_ERROR(file_system_->WriteFile(PathOf(kInstance), id));
  SLUICE_RETURN_IF_ERROR(file_system_->SyncDirectory(directory_));
  return id;
}

}  // namespace sluice::agent
