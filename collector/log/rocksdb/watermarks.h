// How far each file is stored.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "collector/log/rocksdb/database.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::collector {

// Watermarks lie in the database; those of the files that are being written are also remembered. A file is named by its
// key (keys::EncodeWatermark).
class WatermarkStore {
 public:
  explicit WatermarkStore(const Database& database) : database_(database) {}

  // Reads which agents there are, and forgets what it remembers.
  absl::Status Load(const Database::Session& session);

  // Of the writer thread: end_offset of a file; 0 if nothing is stored of it.
  absl::StatusOr<uint64_t> EndOffset(const Database::Session& session, const std::string& key);
  // Of the writer thread, after a commit: the file's new watermark.
  void Committed(const std::string& key, uint64_t end_offset);
  // Of the writer thread, after a commit that deleted it.
  void Deleted(const Database::Session& session, const std::string& key);

  // Thread-safe.
  absl::StatusOr<std::vector<v1::FileWatermark>> Of(std::string_view agent) const;
  std::vector<std::string> Agents() const;
  // The keys whose files got nothing since `append_unix_nano`, of agents whose ids begin with `agent_prefix`; at most
  // `keys_max`.
  absl::StatusOr<std::vector<std::string>> OlderThan(int64_t append_unix_nano, std::string_view agent_prefix,
                                                     size_t keys_max) const;

 private:
  const Database& database_;
  // Two generations of at most half the bound: the old one is forgotten when the young one is full, and what is asked
  // for again moves to the young one.
  absl::flat_hash_map<std::string, uint64_t> young_;
  absl::flat_hash_map<std::string, uint64_t> old_;
  mutable Mutex mutex_;
  std::set<std::string, std::less<>> agents_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector
