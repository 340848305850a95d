// One commit: what is decided about each batch, and the write that makes it so.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "collector/log/event_log.h"
#include "collector/log/rocksdb/database.h"
#include "collector/log/rocksdb/tail_cache.h"
#include "collector/log/rocksdb/topics.h"
#include "collector/log/rocksdb/watermarks.h"
#include "rocksdb/write_batch.h"

namespace sluice::collector {

// Used by the writer thread, again and again: Begin, Add…, Finish, write write_batch(), Apply.
class Commit {
 public:
  Commit(TopicTable* topics, WatermarkStore* watermarks, uint32_t topics_max)
      : topics_(topics), watermarks_(watermarks), topics_max_(topics_max) {}

  // Forgets everything. The first batch that is stored gets `first_sequence`. `session` must live until Apply.
  void Begin(const Database::Session* session, uint64_t first_sequence, int64_t append_unix_nano);

  // Decides about `batches`. An error is the disk's; then nothing is decided: begin again.
  absl::Status Add(const std::vector<PendingBatch>& batches, std::vector<AppendResult>* results);

  // Forgets the watermarks `keys` that are still older than `append_unix_nano`.
  absl::Status ForgetWatermarks(const std::vector<std::string>& keys, int64_t append_unix_nano);

  // Adds what the batches change: topics, watermarks, the commit's time.
  void Finish();

  // Nothing to write.
  bool empty() { return write_.Count() == 0; }
  rocksdb::WriteBatch* write_batch() { return &write_; }

  // After the write: the topics and watermarks of the log are those of this commit now. Returns its batches; null if
  // there are none.
  std::shared_ptr<const CommittedBatches> Apply();

 private:
  struct ChangedTopic {
    TopicAppended appended;
    uint64_t first_sequence = 0;
  };
  struct ChangedWatermark {
    uint64_t end_offset = 0;
    BatchView last;  // into a batch of this commit, or of the requests it was made from
  };

  absl::Status AddBatch(const PendingBatch& batch, AppendResult* result);
  absl::StatusOr<uint64_t> EndOffset(const std::string& file) const;
  // The ids of the parts' topics, made if they are new; an error is the rejection, and none was made.
  absl::Status ResolveTopics(const std::vector<BatchPart>& parts, std::vector<uint32_t>* ids);
  void Store(BatchPart part, uint32_t topic);

  TopicTable* const topics_;
  WatermarkStore* const watermarks_;
  const uint32_t topics_max_;

  const Database::Session* session_ = nullptr;
  rocksdb::WriteBatch write_;
  uint64_t next_sequence_ = 0;
  int64_t append_unix_nano_ = 0;
  std::shared_ptr<CommittedBatches> committed_;
  absl::flat_hash_map<uint32_t, ChangedTopic> changed_topics_;
  absl::flat_hash_map<std::string, uint32_t> new_topics_;
  absl::flat_hash_map<std::string, ChangedWatermark> changed_watermarks_;
  std::vector<std::string> forgotten_;
};

}  // namespace sluice::collector
