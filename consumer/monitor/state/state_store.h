// The monitor's directory: how far it has read, its parts' state, and what it has found and not published yet. What one
// commit says is there wholly or not at all, whenever the process or the machine ends.
//
// Keys, in RocksDB's default column family:
//   f                   the format's number
//   m                   MonitorState
//   o NUMBER            MonitorOutboxEntry; the number in 8 bytes, the most significant first
//   s STAGE \0 KEY      what a stage keeps under KEY
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "consumer/monitor/stage.h"
#include "sluice/v1/monitor_state.pb.h"

namespace sluice::monitor {

// A number that grows; entries are found in the order in which they were added.
using OutboxNumber = uint64_t;

// What is written at once. Not thread-safe.
class Commit {
 public:
  Commit();
  ~Commit();
  Commit(const Commit&) = delete;
  Commit& operator=(const Commit&) = delete;

  void SetState(const v1::MonitorState& state);
  void PutEntry(OutboxNumber number, const v1::MonitorOutboxEntry& entry);
  void DeleteEntry(OutboxNumber number);
  // For Stage::Save; valid as long as the commit.
  StateSink* SinkOf(std::string_view stage);
  bool empty() const;

 private:
  friend class StateStore;
  struct Batch;
  class Sink;
  std::unique_ptr<Batch> batch_;
};

// One thread.
class StateStore {
 public:
  using EntryVisitor = std::function<absl::Status(OutboxNumber number, v1::MonitorOutboxEntry entry)>;

  // Makes the directory if there is none. FailedPrecondition: another process has it, or it is not ours; DataLoss: it
  // is damaged.
  static absl::StatusOr<std::unique_ptr<StateStore>> Open(const std::string& directory);
  ~StateStore();

  // Empty if nothing was ever written.
  absl::StatusOr<v1::MonitorState> ReadState() const;
  absl::Status ForEachEntry(const EntryVisitor& visit) const;
  // Valid as long as the store.
  std::unique_ptr<StateSource> SourceOf(std::string_view stage) const;

  // Durable when it returns.
  absl::Status Write(const Commit& commit);

 private:
  class Source;
  struct Database;
  explicit StateStore(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace sluice::monitor
