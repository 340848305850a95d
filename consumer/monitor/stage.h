// The parts of the monitor (rules, heartbeats, access statistics, …), and the narrow place between them and what drives
// them: monitor.h reads the log, hands each batch to every stage, writes their state together with what they found, and
// publishes it.
//
// A stage is deterministic: the same inputs in the same order, whatever the wall clock says, give the same findings. So
// replaying yesterday's log gives yesterday's alerts, a standby computes what the active one does, and a crash between
// two commits repeats nothing: what is read again is found again, under the same identity.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "consumer/client/batch.h"
#include "sluice/v1/log.pb.h"

namespace sluice::monitor {

// What the monitor publishes to.
inline constexpr std::string_view kAlertsTopic = "alerts";
inline constexpr std::string_view kMetricsTopic = "metrics";
inline constexpr std::string_view kCriticalTopic = "critical";
// Of each alert, that the notifiers are done with it: who takes over does not tell it again.
inline constexpr std::string_view kNotificationsTopic = "notifications";
// What services publish to.
inline constexpr std::string_view kHeartbeatsTopic = "heartbeats";

// An alert as it begins or ends. Its identity is (rule, group, starts_at). Value type.
struct Alert {
  enum class State { kFiring, kResolved };
  // Sorted by name; what `group_by` told apart.
  using Group = std::vector<std::pair<std::string, std::string>>;

  std::string rule = {};
  Group group = {};
  State state = State::kFiring;
  v1::Severity severity = v1::SEVERITY_UNSPECIFIED;
  double value = 0;
  double threshold = 0;
  // Event time.
  absl::Time starts_at = {};
  // kResolved; else InfiniteFuture.
  absl::Time ends_at = absl::InfiniteFuture();
  std::string message = {};
  std::map<std::string, std::string> labels = {};
};

// What a stage finds; given to it for the duration of a call. What is told here is kept in the same atomic write as the
// stage's state and the log's cursor, and published after that: once, whatever crashes.
class Findings {
 public:
  virtual ~Findings() = default;
  // A record for a topic. `id` is its identity within the topic, the same whenever the same thing is found again (such
  // as the interval that a record of statistics is about); it becomes the record's attribute "id". At most 512 bytes.
  virtual void Publish(std::string_view topic, std::string_view id, v1::LogRecord record) = 0;
  // To topic `alerts`, and once it is there to the notifiers. Each identity once firing and once resolved.
  virtual void Raise(const Alert& alert) = 0;
};

// Where a stage keeps its state. Keys are the stage's own (other stages do not see them), at most 64 KiB.
class StateSink {
 public:
  virtual ~StateSink() = default;
  virtual void Put(std::string_view key, std::string_view value) = 0;
  virtual void Delete(std::string_view key) = 0;
};

// What was kept.
class StateSource {
 public:
  using Visitor = std::function<absl::Status(std::string_view key, std::string_view value)>;
  virtual ~StateSource() = default;
  // In the order of the keys' bytes, those that begin with `prefix`. Ends with the first error, and returns it.
  virtual absl::Status ForEach(std::string_view prefix, const Visitor& visit) const = 0;
};

// A batch, with its records looked at once for all stages. Valid during the call.
struct Input {
  const client::Batch& batch;
  // Those of the batch, in its order.
  std::span<const client::RecordView> records;
  // Event time so far. Records beyond it come from a clock that is ahead of ours: they are to be left out of windows,
  // and counted.
  absl::Time newest;
};

// One part of the monitor. One thread calls everything.
class Stage {
 public:
  virtual ~Stage() = default;

  // Of its state, and in metrics: [a-z_]+, never changed.
  virtual std::string_view name() const = 0;

  // Records, in the order of the log. Never the monitor's own (of its publisher), nor another monitor's. A record may
  // be older than what Advance said: then it is late, to be counted and left out of what was told already.
  virtual void Observe(const Input& input, Findings* findings) = 0;

  // Event time has come to here: nothing older is awaited. It never goes back; often it stays. Called after each batch
  // (the newest record's time without the configured lateness), and when caught up with the log once a second with the
  // wall clock's time without the lateness, too.
  virtual void Advance(absl::Time watermark, Findings* findings) = 0;

  // The wall clock, about once a second, only while caught up with the log; an Advance came just before. For what is a
  // matter of the wall clock alone, such as somebody's silence. What is found here must have an identity that does not
  // depend on `now`.
  virtual void Tick(absl::Time now, Findings* findings) = 0;

  // Tells what has changed since the last Save (all, after the first Load). Called at each commit: keep it small.
  virtual void Save(StateSink* sink) = 0;
  // Once, before anything else. What it cannot make sense of is DataLoss, with what was found.
  virtual absl::Status Load(const StateSource& source) = 0;
};

// Tells the world of alerts. Thread-safe.
class Notifier {
 public:
  virtual ~Notifier() = default;
  // Of an alert that is durable in topic `alerts`. Never blocks: the queue is bounded, what does not fit is dropped and
  // counted. `done` is called once, on any thread, when the alert needs no further care: told, given up or dropped; the
  // monitor keeps what is not done, and tells it again after a restart.
  virtual void Notify(const Alert& alert, std::function<void()> done) = 0;
};

}  // namespace sluice::monitor
