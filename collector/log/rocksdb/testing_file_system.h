// A file system for RocksDB that fails when a test wants it to.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace sluice::collector::testing {

// Passes everything on to the real one, but can be full, and can forget what was not synced. Thread-safe.
class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem();
  const char* Name() const override { return "FaultyFileSystem"; }

  // Files whose names end so cannot grow: ".log", ".sst", "" (all). Everything grows again after Free.
  void Fill(std::string suffix);
  void Free();
  // How often a file could not grow.
  int refused() const;

  // The next sync of a file whose name ends so fails, after everything was written.
  void FailSync(std::string suffix);

  // As if the power went: nothing can be written any more, and Restore brings back what every file was when it was last
  // synced.
  void CutPower();
  void Restore();

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // Of the files.
  rocksdb::IOStatus MayWrite(const std::string& name);
  rocksdb::IOStatus MaySync(const std::string& name);
  void Synced(const std::string& name, uint64_t size);

 private:
  mutable Mutex mutex_;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  std::string full_suffix_ ABSL_GUARDED_BY(mutex_);
  std::string unsyncable_suffix_ ABSL_GUARDED_BY(mutex_);
  int refused_ ABSL_GUARDED_BY(mutex_) = 0;
  bool powerless_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, uint64_t> synced_bytes_ ABSL_GUARDED_BY(mutex_);
};

// RocksDB's environment with such a file system.
struct FaultyEnv {
  std::shared_ptr<FaultyFileSystem> files = std::make_shared<FaultyFileSystem>();
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
};

}  // namespace sluice::collector::testing
