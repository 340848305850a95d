#include "agent/checkpoint/checkpoint_store.h"

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

constexpr std::string_view kCurrent = "checkpoint";
constexpr std::string_view kPrevious = "checkpoint.prev";
constexpr std::string_view kNext = "checkpoint.new";
constexpr std::string_view kBad = "checkpoint.bad";
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
  for (std::string_view name : {kCurrent, kPrevious}) {
    absl::StatusOr<v1::AgentCheckpoint> checkpoint = LoadFile(std::string(name));
    if (checkpoint.ok()) return *std::move(checkpoint);
    if (absl::IsNotFound(checkpoint.status())) continue;
    log::Error("checkpoint", "cannot read; going on with the one before it and the collector's word",
               {{"path", PathOf(name)}, {"reason", checkpoint.status()}, {"kept_as", PathOf(kBad)}});
    if (absl::Status kept = file_system_->Rename(PathOf(name), PathOf(kBad)); !kept.ok()) {
      log::Warn("checkpoint", "cannot put it aside", {{"reason", kept}});
    }
  }
  return {};
}

absl::StatusOr<v1::AgentCheckpoint> CheckpointStore::LoadFile(const std::string& name) {
  SLUICE_ASSIGN_OR_RETURN(std::string bytes, file_system_->ReadFile(PathOf(name), kCheckpointBytesMax));
  return DecodeCheckpoint(bytes);
}

absl::Status CheckpointStore::Save(const v1::AgentCheckpoint& checkpoint) {
  SLUICE_RETURN_IF_ERROR(file_system_->WriteFile(PathOf(kNext), EncodeCheckpoint(checkpoint)));
  absl::Status kept = file_system_->Rename(PathOf(kCurrent), PathOf(kPrevious));
  if (!kept.ok() && !absl::IsNotFound(kept)) return kept;
  SLUICE_RETURN_IF_ERROR(file_system_->Rename(PathOf(kNext), PathOf(kCurrent)));
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
