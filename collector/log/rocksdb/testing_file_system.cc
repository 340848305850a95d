#include "collector/log/rocksdb/testing_file_system.h"

#include <filesystem>
#include <system_error>
#include <utility>

namespace sluice::collector::testing {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::string name, FaultyFileSystem* files, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), files_(*files) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = files_.MayWrite(name_);
    if (status.ok()) status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (status.ok()) bytes_ += data.size();
    return status;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = files_.MaySync(name_);
    if (status.ok()) status = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (status.ok()) files_.Synced(name_, bytes_);
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }

 private:
  const std::string name_;
  FaultyFileSystem& files_;
  uint64_t bytes_ = 0;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

void FaultyFileSystem::Fill(std::string suffix) {
  MutexLock lock(&mutex_);
  full_ = true;
  full_suffix_ = std::move(suffix);
}

void FaultyFileSystem::Free() {
  MutexLock lock(&mutex_);
  full_ = false;
}

int FaultyFileSystem::refused() const {
  MutexLock lock(&mutex_);
  return refused_;
}

void FaultyFileSystem::FailSync(std::string suffix) {
  MutexLock lock(&mutex_);
  unsyncable_suffix_ = std::move(suffix);
}

void FaultyFileSystem::CutPower() {
  MutexLock lock(&mutex_);
  powerless_ = true;
}

void FaultyFileSystem::Restore() {
  MutexLock lock(&mutex_);
  for (const auto& [name, bytes] : synced_bytes_) {
    std::error_code error;
    if (std::filesystem::file_size(name, error) > bytes && !error) std::filesystem::resize_file(name, bytes);
  }
  synced_bytes_.clear();
  powerless_ = false;
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  IOStatus status = MayWrite(name);
  if (status.ok()) status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<FaultyFile>(name, this, std::move(*file));
  Synced(name, 0);
  return status;
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* debug) {
  {
    MutexLock lock(&mutex_);
    if (powerless_) return IOStatus::IOError("no power");
    synced_bytes_.erase(name);
  }
  return FileSystemWrapper::DeleteFile(name, options, debug);
}

IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                      IODebugContext* debug) {
  {
    MutexLock lock(&mutex_);
    if (powerless_) return IOStatus::IOError("no power");
    if (auto entry = synced_bytes_.extract(from)) {
      synced_bytes_.erase(to);
      entry.key() = to;
      synced_bytes_.insert(std::move(entry));
    }
  }
  return FileSystemWrapper::RenameFile(from, to, options, debug);
}

IOStatus FaultyFileSystem::MayWrite(const std::string& name) {
  MutexLock lock(&mutex_);
  if (powerless_) return IOStatus::IOError("no power");
  if (!full_ || !name.ends_with(full_suffix_)) return IOStatus::OK();
  ++refused_;
  return IOStatus::NoSpace("no room for " + name);
}

IOStatus FaultyFileSystem::MaySync(const std::string& name) {
  {
    MutexLock lock(&mutex_);
    if (!unsyncable_suffix_.empty() && name.ends_with(unsyncable_suffix_)) {
      unsyncable_suffix_.clear();
      return IOStatus::IOError("cannot sync " + name);
    }
  }
  return MayWrite(name);
}

void FaultyFileSystem::Synced(const std::string& name, uint64_t size) {
  MutexLock lock(&mutex_);
  synced_bytes_[name] = size;
}

}  // namespace sluice::collector::testing
