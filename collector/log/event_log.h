// The durable log: topics of batches with the watermark of every file. One interface, several engines: the embedded one
// has one order over all topics, Kafka one for each partition.
//
// Invariants that every engine keeps (and contract_test.cc checks):
//  - A batch, with all its parts if it comes in parts, is durable before `done` is called, and from then on its file's
//    watermark is, too: in one atomic step, or (Kafka) because it can be found again from the messages themselves.
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
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/shared_bytes.h"
#include "collector/log/batch_view.h"
#include "collector/log/group_claims.h"
#include "collector/log/group_store.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::collector {

// A LogBatch; `view` points into `bytes`.
struct BatchPart {
  SharedBytes bytes;
  BatchView view;
};

// A batch on its way into the log, as its agent sent it; validated. `view` points into `bytes`.
struct PendingBatch {
  SharedBytes bytes;
  BatchView view;
  // Set: what is stored in its place, in this order: under other topics, several copies, only some of its records; or
  // nothing at all, and still the watermark moves to `view.end_offset`. Parts are of the same agent and file and have
  // no other offsets than the batch; none is stored if one of them is refused.
  std::optional<std::vector<BatchPart>> parts = std::nullopt;
};

// How long after its last batch the watermark of a file of an ephemeral agent (IsEphemeralAgent) is remembered, at
// least. Who was away for longer cannot know any more what it had sent.
inline constexpr int64_t kEphemeralMemoryNanos = int64_t{24} * 3600 * 1'000'000'000;

struct AppendResult {
  // kDuplicate: it had nothing that was new.
  enum class Outcome { kStored, kDuplicate, kRejected };
  Outcome outcome = Outcome::kStored;
  absl::Status rejection;  // kRejected: ResourceExhausted (may be taken later) or InvalidArgument (never)
};

// A batch of the log.
struct StoredBatch {
  // Its place in the log, ascending, not dense: over all topics in an engine with one order, else among the batches of
  // its file.
  uint64_t sequence = 0;
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

// Where a reader is. What is inside is the engine's; everybody else copies it, compares it for equality and hands it
// back to the log that it came from. Position() is the beginning, whatever that is.
struct Position {
  // What an engine without one order over all topics needs; never changes. Thread-safe.
  class Places {
   public:
    virtual ~Places() = default;
    virtual bool Equals(const Places& other) const = 0;
  };

  // In an engine with one order: everything before `sequence` is read, and of the batch `sequence` the first `records`.
  uint64_t sequence = 0;
  uint32_t records = 0;
  std::shared_ptr<const Places> places = nullptr;

  friend bool operator==(const Position& a, const Position& b) {
    if (a.sequence != b.sequence || a.records != b.records) return false;
    return a.places == b.places || (a.places != nullptr && b.places != nullptr && a.places->Equals(*b.places));
  }
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
  // Behind the first `records` records of the `batch`-th of the batches that the last Read appended to `out` (from 0),
  // and behind everything before that one. Behind all records of the last batch this is position().
  virtual Position PositionAfter(size_t batch, uint32_t records) const = 0;
  // How many records of the first batch that the last Read gave lie before the reader's start: who reads passes over
  // them. 0 for all further reads, and always in an engine that can begin in the middle of a batch.
  virtual uint32_t passed_records() const = 0;
};

// Thread-safe.
class EventLog {
 public:
  virtual ~EventLog() = default;  // Stops

  using AppendDone = std::function<void(std::vector<AppendResult>)>;
  // Takes batches; returns at once. `done` is called exactly once with a result for each, on a thread of the log, when
  // they are durable or refused; calls with batches of the same agent are answered in their order. While the disk is
  // full, or the brokers are away, it is simply not called yet. At Stop, calls that did not make it (and those that
  // come later) get `kRejected` with Unavailable. The caller bounds how much it has under way.
  virtual void Append(std::vector<PendingBatch> batches, AppendDone done) = 0;

  // What is durably stored of an agent's files.
  virtual absl::StatusOr<std::vector<v1::FileWatermark>> Watermarks(std::string_view agent) = 0;
  // Not zero: something else may have sent batches of an agent that it does not wait for any more (another collector,
  // also one that was killed), and they may still arrive. Whoever takes an agent's stream asks for its watermarks again
  // after that time, until they do not grow.
  virtual absl::Duration TakeoverDelay() { return absl::ZeroDuration(); }
  // Ids of all agents that have a watermark.
  virtual std::vector<std::string> Agents() = 0;
  // By name.
  virtual std::vector<TopicInfo> Topics() = 0;

  // `topic_matches` is asked once for each topic and its answer kept; topics made later are asked for as they appear.
  // The batch in which `start` lies may be given whole, see passed_records. Unlike a reader that comes back with a
  // cursor, one that starts at Position() is not told of what the retention took before.
  virtual std::unique_ptr<LogReader> NewReader(Position start, std::function<bool(std::string_view)> topic_matches) = 0;
  // The oldest position kept, the position behind the newest batch, and the position from which on every batch was
  // appended at `unix_nano` or later.
  virtual Position Begin() = 0;
  virtual Position End() = 0;
  virtual Position AtAppendTime(int64_t unix_nano) = 0;

  // Cursors for the wire: opaque text that names this log and a position. InvalidArgument if the text is no cursor,
  // FailedPrecondition if it belongs to another log (its data directory was replaced, it is another cluster).
  virtual std::string FormatCursor(Position position) const = 0;
  virtual absl::StatusOr<Position> ParseCursor(std::string_view cursor) const = 0;

  // About how many records of the topics that `topic_matches` says yes to are behind `position`; nothing if that is not
  // known.
  virtual absl::StatusOr<std::optional<uint64_t>> CountRecords(
      const Position& position, const std::function<bool(std::string_view)>& topic_matches) {
    return std::nullopt;
  }

  // Where consumer groups are remembered; null if this engine has no consumer groups. Lives as long as the log.
  virtual GroupStore* group_store() { return nullptr; }
  // Set if other collectors may have members of the same groups. Lives as long as the log.
  virtual GroupClaims* group_claims() { return nullptr; }

  // Calls `on_append` on a thread of the log after batches became readable, with their topics; it must be quick and
  // must not call the log. An engine whose batches lie elsewhere tells only of those that come to the topics of which a
  // reader, alive, has reached the end. Returns an id for RemoveListener, after which it is not called any more.
  virtual uint64_t AddListener(std::function<void(const std::vector<StoredBatch>&)> on_append) = 0;
  virtual void RemoveListener(uint64_t id) = 0;

  // OK, or why nothing can be appended now ("disk full: 12 MiB free of …, 192 MiB needed: …"): for /readyz.
  virtual absl::Status Health() = 0;
  // Writes what was taken, then refuses. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace sluice::collector
