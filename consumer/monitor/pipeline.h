// The way of a record through the monitor, but for threads, clocks and connections: batches in, commits and findings
// out. The same batches in the same order, with ticks in between or without, give the same findings.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "consumer/client/batch.h"
#include "consumer/monitor/outbox.h"
#include "consumer/monitor/stage.h"
#include "consumer/monitor/state/state_store.h"

namespace sluice::monitor {

// A group's monitors publish under this and the group's name; readers see the other as the records' agent.
inline constexpr std::string_view kMonitorId = "monitor-";
inline constexpr std::string_view kMonitorAgent = "publisher:monitor-";

// Not thread-safe.
class Pipeline {
 public:
  struct Options {
    std::string group = "default";
    // How far behind the newest record one may be.
    absl::Duration lateness = absl::Seconds(5);
  };

  // `stages` and `store` outlive it.
  Pipeline(Options options, std::vector<Stage*> stages, StateStore* store);

  // What was kept; first of all.
  absl::Status Load();
  // Of the log: everything up to here is in the state. Empty: nothing is.
  const std::string& cursor() const { return state_.cursor(); }

  // A batch that came by, and the cursor behind it. `now`: the wall clock, which bounds what a record's time may be.
  void TakeBatch(const client::Batch& batch, const std::string& cursor, absl::Time now);
  // There was nothing for us up to this cursor.
  void TakeCursor(const std::string& cursor) { state_.set_cursor(cursor); }
  // The wall clock, about once a second, while caught up.
  void Tick(absl::Time now);
  // Writes what has changed: the state, the cursor, what was found. Durable when it returns.
  absl::Status WriteCommit();

  Outbox* outbox() { return &outbox_; }
  // Found since the last commit.
  bool has_findings() const { return outbox_.dirty(); }
  absl::Time newest() const { return newest_; }
  void set_lateness(absl::Duration lateness) { options_.lateness = lateness; }

  uint64_t records() const { return records_; }
  // Records whose time is beyond the wall clock.
  uint64_t ahead() const { return ahead_; }

 private:
  Options options_;
  const std::string agent_;  // of its own group's records
  const std::vector<Stage*> stages_;
  StateStore* const store_;
  Outbox outbox_;
  v1::MonitorState state_;
  std::string committed_cursor_;
  absl::Time newest_ = absl::InfinitePast();
  absl::Time watermark_ = absl::InfinitePast();
  std::vector<client::RecordView> records_of_batch_;
  uint64_t records_ = 0;
  uint64_t ahead_ = 0;
};

}  // namespace sluice::monitor
