#include "agent/testing/faulty_file_system.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::agent {
namespace {

class FaultyFile final : public ReadableFile {
 public:
  FaultyFile(FaultyFileSystem* files, std::unique_ptr<ReadableFile> real) : files_(files), real_(std::move(real)) {}
  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* buffer, size_t size) override {
    SLUICE_RETURN_IF_ERROR(files_->MayRead());
    return real_->ReadAt(offset, buffer, size);
  }
  absl::StatusOr<FileStat> Stat() override {
    SLUICE_RETURN_IF_ERROR(files_->MayRead());
    return real_->Stat();
  }

 private:
  FaultyFileSystem* const files_;
  const std::unique_ptr<ReadableFile> real_;
};

}  // namespace

absl::Status FaultyFileSystem::MayRead() {
  if (others_) others_();
  if (percent_ == 0 || std::uniform_int_distribution<int>(0, 99)(random_) >= percent_) return absl::OkStatus();
  return absl::UnknownError("Input/output error");
}

FaultyFileSystem::Fate FaultyFileSystem::Next() {
  int number = operations_++;
  if (!write_error_.ok()) return {.happens = false, .told = write_error_};
  if (crash_at_ < 0 || number < crash_at_) return {};
  absl::Status error = absl::UnknownError("the power is off");
  if (number > crash_at_) return {.happens = false, .told = error};
  return {.happens = how_ != Crash::kLost, .torn = how_ == Crash::kTorn, .told = error};
}

absl::StatusOr<std::unique_ptr<ReadableFile>> FaultyFileSystem::OpenForRead(const std::string& path) {
  SLUICE_RETURN_IF_ERROR(MayRead());
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> real, real_->OpenForRead(path));
  return std::make_unique<FaultyFile>(this, std::move(real));
}

absl::StatusOr<std::unique_ptr<AppendableFile>> FaultyFileSystem::OpenForAppend(const std::string& path) {
  return real_->OpenForAppend(path);
}

absl::StatusOr<FileStat> FaultyFileSystem::Stat(const std::string& path, bool follow) {
  SLUICE_RETURN_IF_ERROR(MayRead());
  return real_->Stat(path, follow);
}

absl::StatusOr<std::vector<DirectoryEntry>> FaultyFileSystem::List(const std::string& directory) {
  SLUICE_RETURN_IF_ERROR(MayRead());
  if (directory == forbidden_) return absl::PermissionDeniedError(StrCat("list ", directory));
  return real_->List(directory);
}

absl::StatusOr<std::string> FaultyFileSystem::Unwatchable(const std::string& path) {
  if (!unwatchable_.empty()) return unwatchable_;
  return real_->Unwatchable(path);
}

absl::StatusOr<std::string> FaultyFileSystem::ReadFile(const std::string& path, size_t size_max) {
  return real_->ReadFile(path, size_max);
}

absl::Status FaultyFileSystem::WriteFile(const std::string& path, std::string_view content) {
  Fate fate = Next();
  if (!fate.happens) return fate.told;
  absl::Status done = real_->WriteFile(path, fate.torn ? content.substr(0, content.size() / 2) : content);
  return fate.told.ok() ? done : fate.told;
}

// Torn: the first half of it is new, the rest what it was.
absl::Status FaultyFileSystem::Overwrite(const std::string& path, std::string_view content) {
  Fate fate = Next();
  if (!fate.happens) return fate.told;
  absl::Status done = real_->Overwrite(path, fate.torn ? content.substr(0, content.size() / 2) : content);
  return fate.told.ok() ? done : fate.told;
}

absl::Status FaultyFileSystem::Rename(const std::string& from, const std::string& to) {
  Fate fate = Next();
  if (!fate.happens || fate.torn) return fate.told;
  absl::Status done = real_->Rename(from, to);
  return fate.told.ok() ? done : fate.told;
}

absl::Status FaultyFileSystem::Remove(const std::string& path) {
  Fate fate = Next();
  if (!fate.happens || fate.torn) return fate.told;
  absl::Status done = real_->Remove(path);
  return fate.told.ok() ? done : fate.told;
}

absl::Status FaultyFileSystem::SyncDirectory(const std::string& directory) {
  Fate fate = Next();
  return fate.told.ok() ? real_->SyncDirectory(directory) : fate.told;
}

absl::Status FaultyFileSystem::CreateDirectories(const std::string& directory) {
  return real_->CreateDirectories(directory);
}

}  // namespace sluice::agent
