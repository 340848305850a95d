// A file system that fails when a test wants it to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_system.h"

namespace sluice::agent {

// Passes everything on to another one. Reading operations fail at random, writing ones by their number. One thread.
class FaultyFileSystem final : public FileSystem {
 public:
  enum class Crash {
    kLost,  // the operation did not happen
    kTorn,  // half of what was to be written was
    kDone,  // it happened, and nobody was told
  };

  explicit FaultyFileSystem(FileSystem* real) : real_(real), random_(0) {}

  // From now on, `percent` of the operations that read give an error of the disk.
  void FailReads(int percent, uint64_t seed) { percent_ = percent, random_.seed(seed); }
  // The writing operation of this number, from 0 from now on, and all after it fail: as if the power went.
  void CrashAt(int operation, Crash how) { crash_at_ = operation, how_ = how, operations_ = 0; }
  // What others do meanwhile: called in front of each operation that reads. Null: nothing.
  void Meanwhile(std::function<void()> others) { others_ = std::move(others); }
  // Writing operations fail with this error; OK: they work.
  void FailWrites(absl::Status error) { write_error_ = std::move(error); }
  // This directory may not be listed; empty: all may.
  void Forbid(std::string directory) { forbidden_ = std::move(directory); }
  // Every path is on a file system of this name, which tells of no changes.
  void MakeUnwatchable(std::string name) { unwatchable_ = std::move(name); }
  // The machine is up again.
  void Restart() { crash_at_ = -1; }
  // Writing operations since CrashAt.
  int operations() const { return operations_; }
  bool crashed() const { return crash_at_ >= 0 && operations_ > crash_at_; }

  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<AppendableFile>> OpenForAppend(const std::string& path) override;
  absl::StatusOr<FileStat> Stat(const std::string& path, bool follow) override;
  absl::StatusOr<std::vector<DirectoryEntry>> List(const std::string& directory) override;
  absl::StatusOr<std::string> Unwatchable(const std::string& path) override;
  absl::StatusOr<std::string> ReadFile(const std::string& path, size_t size_max) override;
  absl::Status WriteFile(const std::string& path, std::string_view content) override;
  absl::Status Overwrite(const std::string& path, std::string_view content) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& directory) override;
  absl::Status CreateDirectories(const std::string& directory) override;

  // An operation that reads begins.
  absl::Status MayRead();

 private:
  // What becomes of a writing operation.
  struct Fate {
    bool happens = true;
    bool torn = false;
    absl::Status told;
  };
  Fate Next();

  FileSystem* const real_;
  std::mt19937_64 random_;
  int percent_ = 0;
  std::function<void()> others_;
  int crash_at_ = -1;
  Crash how_ = Crash::kLost;
  int operations_ = 0;
  absl::Status write_error_;
  std::string unwatchable_;
  std::string forbidden_;
};

}  // namespace sluice::agent
