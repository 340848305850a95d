// Reads a stretch of the log from RocksDB, across topics, in the order of the log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "collector/log/event_log.h"
#include "collector/log/rocksdb/database.h"
#include "collector/log/rocksdb/topics.h"
#include "collector/log/rocksdb/values.h"

namespace sluice::collector {

// A merge of the topics' indexes: of each topic only its next sequence is kept, and one iterator serves all of them, so
// that thousands of topics cost little and a scan at rest holds nothing of the database. Not thread-safe.
class DiskScan {
 public:
  DiskScan(const Database& database, const TopicTable& topics) : database_(database), topics_(topics) {}

  // Sets out to read in [begin, end) the batches of the topics whose ids `matches` says yes to. If `tell_dropped`, what
  // the retention has taken of it by now is told; what it takes from now on is told in any case.
  void Start(uint64_t begin, uint64_t end, const std::vector<bool>& matches, bool tell_dropped);

  // The next batches up to about `max_bytes`, or an omission. Nothing at all: the scan is done. After an error it goes
  // on where it was.
  absl::Status Read(size_t max_bytes, std::vector<StoredBatch>* out, Omission* omission);

  // Everything before it was read (or told as omitted).
  uint64_t position() const { return position_; }
  uint64_t end() const { return end_; }

 private:
  // The next batch of a topic.
  struct Next {
    uint64_t sequence = 0;
    uint32_t topic = 0;
    bool exact = false;  // it is this one; otherwise it is at `sequence` or behind it
    friend bool operator>(const Next& a, const Next& b) { return a.sequence > b.sequence; }
  };
  // Of one Read.
  struct Call {
    explicit Call(Database::Session s) : session(std::move(s)) {}

    const Database::Session session;
    std::unique_ptr<rocksdb::Iterator> index;
    std::unique_ptr<rocksdb::Iterator> batches;  // made when it is needed
    std::vector<StoredBatch>* out = nullptr;
    Omission* omission = nullptr;
    size_t bytes = 0;
    bool stop = false;  // an omission is next, but batches were read: it is for the next Read
  };

  // Whether an omission may be told now; otherwise the call ends.
  static bool MayTell(Call* call);

  // Goes on by one: a batch is read, a topic's line is corrected, or something missing is told.
  absl::Status Step(Call* call);
  // `index` stands at the entry of line_'s first batch.
  absl::Status ReadEntry(Call* call, const Next& next);
  // The batch's bytes; sets `damaged` if they cannot be had.
  absl::Status Fetch(Call* call, const Next& next, const IndexEntry& entry, StoredBatch* batch, std::string* damaged);
  // The line's first batch is not (or no longer) in the index, and told if it should be. The topic goes on at `found`.
  void Skip(Call* call, const Next& next, std::optional<uint64_t> found);
  void SkipDamagedIndex(Call* call, const Next& next, const rocksdb::Status& status);
  // Puts the topic in line with what `index` stands at, if it is still of this topic.
  void Enqueue(const Next& before, const rocksdb::Iterator& index);
  std::optional<uint64_t> SequenceOf(uint32_t topic, const rocksdb::Iterator& index) const;

  const Database& database_;
  const TopicTable& topics_;
  uint64_t position_ = 0;
  uint64_t end_ = 0;
  std::priority_queue<Next, std::vector<Next>, std::greater<>> line_;
  std::vector<Omission> omissions_;  // still to be told
};

}  // namespace sluice::collector
