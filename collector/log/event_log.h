// The durable log: topics of batches, in one order, with the watermark of every file. One interface, several engines.
//
// Invariants that every engine keeps (and contract_test.cc checks):
//  - A batch and its file's watermark become durable in one atomic step, before `done` is called.
//  - A batch that lies below its file's watermark is not stored again; one that lies across it is stored without the
//    records below.
//  - Batches of one Append call, and of consecutive calls, keep their order.
//  - A reader that starts at a cursor sees every matching batch behind it exactly once, in order, whether it comes from
//    disk or from memory; what the retention took before it was read is told as an Omission.
//  - A batch is never visible to a reader before it is durable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/shared_bytes.h"
#include "collector/log/batch_view.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::collector {

// A batch on its way into the log; validated. `view` points into `bytes`.
struct PendingBatch {
  SharedBytes bytes;
  BatchView view;
};

struct AppendResult {
  enum class Outcome { kStored, kDuplicate, kRejected };
  Outcome outcome = Outcome::kStored;
  absl::Status rejection;  // kRejected: ResourceExhausted (may be taken later) or InvalidArgument (never)
};

// A batch of the log.
struct StoredBatch {
  uint64_t sequence = 0;  // its place in the whole log, over all topics; ascending, not dense
  int64_t append_unix_nano = 0;
  SharedBytes bytes;
  BatchView view;  // points into bytes
};

// Records that a reader will never see.
struct Omission {
  enum class Reason { kNone, kRetention, kCorruption };
  Reason reason = Reason::kNone;
  uint64_t records = 0;  // 0: not known
  std::string topic;
  std::string detail;
};

// Where a reader is: everything before `sequence` is read, and of the batch `sequence` the first `records` ones.
struct Position {
  uint64_t sequence = 0;
  uint32_t records = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct TopicInfo {
  std::string name;
  uint64_t records = 0;  // stored now
  uint64_t bytes = 0;
  int64_t first_append_unix_nano = 0;  // 0: none stored
  int64_t last_append_unix_nano = 0;
  uint64_t records_appended = 0;  // ever
};

// Reads forward. Owned and used by one thread at a time; must not outlive its log.
class LogReader {
 public:
  virtual ~LogReader() = default;
  // Appends the next batches of the reader's topics to `out`, at least one if there is one, up to about `max_bytes`;
  // none if the end is reached. Sets `omission` if something before them is gone for good (then out may be empty: call
  // again). An error is the disk's; the position has not moved.
  virtual absl::Status Read(size_t max_bytes, std::vector<StoredBatch>* out, Omission* omission) = 0;
  // Behind the last batch that Read gave, and behind everything of other topics that it passed.
  virtual Position position() const = 0;
};

// Thread-safe.
class EventLog {
 public:
  virtual ~EventLog() = default;  // Stops

  using AppendDone = std::function<void(std::vector<AppendResult>)>;
  // Takes batches; returns at once. `done` is called exactly once with a result for each, on a thread of the log, in
  // the order of the calls: when they are durable or refused. While the disk is full it is simply not called yet. At
  // Stop, calls that did not make it (and those that come later) get `kRejected` with Unavailable. The caller bounds
  // how much it has under way.
  virtual void Append(std::vector<PendingBatch> batches, AppendDone done) = 0;

  // What is durably stored of an agent's files.
  virtual absl::StatusOr<std::vector<v1::FileWatermark>> Watermarks(std::string_view agent) = 0;
  // Ids of all agents that have a watermark.
  virtual std::vector<std::string> Agents() = 0;
  // By name.
  virtual std::vector<TopicInfo> Topics() = 0;

  // `topic_matches` is asked once for each topic and its answer kept; topics made later are asked for as they appear.
  // The batch in which `start` lies is given whole: who reads passes over its first `start.records`. Position() is the
  // beginning, whatever that is: unlike a reader that comes back with a cursor, one that starts there is not told of
  // what the retention took before.
  virtual std::unique_ptr<LogReader> NewReader(Position start, std::function<bool(std::string_view)> topic_matches) = 0;
  // The oldest position kept, the position behind the newest batch, and the position from which on every batch was
  // appended at `unix_nano` or later.
  virtual Position Begin() = 0;
  virtual Position End() = 0;
  virtual Position AtAppendTime(int64_t unix_nano) = 0;

  // Cursors for the wire: opaque text that names this log and a position. InvalidArgument if the text is no cursor,
  // FailedPrecondition if it belongs to another log (its data directory was replaced).
  virtual std::string FormatCursor(Position position) const = 0;
  virtual absl::StatusOr<Position> ParseCursor(std::string_view cursor) const = 0;

  // Calls `on_append` on a thread of the log after batches became readable, with their topics; it must be quick and
  // must not call the log. Returns an id for RemoveListener, after which it is not called any more.
  virtual uint64_t AddListener(std::function<void(const std::vector<StoredBatch>&)> on_append) = 0;
  virtual void RemoveListener(uint64_t id) = 0;

  // OK, or why nothing can be appended now ("disk full: 12 MiB free of …, 64 MiB needed: …"): for /readyz.
  virtual absl::Status Health() = 0;
  // Writes what was taken, then refuses. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace sluice::collector
