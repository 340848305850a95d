// Which batches of a stream may go to the log, so that each file is stored in its order and without a gap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "collector/log/event_log.h"

namespace sluice::collector {

// Two rules. After a batch of a file was rejected, everything behind it is rejected likewise until it comes again. And
// while it is not known whether the log takes the topics of a batch (nothing was stored in one of them on this stream
// yet, the batch is under way), the file's batches that do not go to these topics, too, are rejected: otherwise one of
// them could be stored after the first was refused, and the file's watermark would pass what is missing. A batch's
// topics are those of its parts. Not thread-safe.
class FileHolds {
 public:
  explicit FileHolds(size_t files_max) : files_max_(files_max) {}

  // OK if `batch` goes to the log now: Resolve has to follow. Else with which code it is to be rejected, and why.
  absl::Status Admit(const PendingBatch& batch);
  // What the log said of a batch that was admitted: OK, or why it was rejected.
  void Resolve(const PendingBatch& batch, const absl::Status& result);

  // Files held back.
  size_t size() const { return held_.size(); }
  // One more than `files_max` had to be held: the rules hold no longer, nothing more may go to the log.
  bool overflowed() const { return overflowed_; }

 private:
  struct Held {
    uint64_t first_offset;
    absl::StatusCode code;
  };
  // Batches of one file under way; each has topics that the log may refuse, and all those of the ones before it.
  struct Doubt {
    absl::flat_hash_set<std::string> topics;
    size_t batches = 0;
  };

  absl::Status CheckHeld(const BatchView& batch);
  absl::Status CheckDoubt(const PendingBatch& batch);
  void Hold(const BatchView& batch, absl::StatusCode code);

  const size_t files_max_;
  bool overflowed_ = false;
  absl::flat_hash_map<FileKey, Held> held_;
  absl::flat_hash_map<FileKey, Doubt> doubts_;
  // Of which a batch was stored on this stream: the log never gives up a topic, so it takes the next one, too.
  absl::flat_hash_set<std::string> taken_topics_;
};

}  // namespace sluice::collector
