// What the monitor's parts have found and what is to become of it: committed with their state, then published by the
// active monitor of the group, seen again in the log, told to the notifiers, forgotten.
//
//   found ─► committed ─► sent ─► in the log ─► notifiers told ─► done, which is a record of its own ─► forgotten
//
// What a record is, is its id. A standby finds what the active monitor finds, and sees in the log what of it is
// published; a monitor that was killed sees in the log what it had published before. So nobody needs to know who has
// sent what: who becomes active reads to the end of the log first, and sends what has not come by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "consumer/monitor/stage.h"
#include "consumer/monitor/state/state_store.h"
#include "sluice/v1/monitor_state.pb.h"

namespace sluice::monitor {

// Not thread-safe.
class Outbox final : public Findings {
 public:
  // Entries that are not in the log yet. The active monitor waits for the collector when it has so many (see full); a
  // standby that has twice as many forgets the oldest, which the active one has published or will.
  static constexpr size_t kWaitingMax = 20'000;
  static constexpr size_t kWaitingBytesMax = 32 << 20;
  // Alerts that the notifiers are not done with; the oldest beyond are given up, and counted.
  static constexpr size_t kTellingMax = 10'000;
  // Ids of the group that came by before they were found here.
  static constexpr size_t kAheadMax = 100'000;
  static constexpr size_t kIdBytesMax = 512;

  struct Item {
    OutboxNumber number = 0;
    std::string topic;
    v1::LogRecord record;
  };

  void Publish(std::string_view topic, std::string_view id, v1::LogRecord record) override;
  void Raise(const Alert& alert) override;

  // The log has this record of the group's.
  void SeeInLog(std::string_view topic, std::string_view id);
  // As of now this monitor is the active one, or not. Who is not tells nobody. Who becomes it tells the alerts of the
  // last hour of which it has not seen that the former one was done with them.
  void SetActive(bool active);
  bool active() const { return active_; }
  // Before anything else, and whenever time has passed.
  void SetTime(int64_t monotonic_nanos, int64_t unix_nanos) {
    now_ = monotonic_nanos;
    unix_now_ = unix_nanos;
  }

  // Something changed that a commit should hold.
  bool dirty() const { return !dirty_.empty(); }
  void Save(Commit* commit);
  absl::Status Load(OutboxNumber number, v1::MonitorOutboxEntry entry);
  // The number of the next entry; from the state, before Load.
  OutboxNumber next() const { return next_; }
  void set_next(OutboxNumber next) { next_ = next; }

  // Calls `send` for what is committed and not sent yet, in order, until it returns false: that one was not sent.
  void SendEach(const std::function<bool(const Item& item)>& send);
  // Nobody knows what became of what was sent: all of it is to be sent again unless it comes by.
  void ForgetSent();
  // What was sent until now is durable.
  void SentIsDurable();
  // Calls `tell` for each alert that is in the log, and committed as such, and was not told yet.
  void TellEach(const std::function<void(OutboxNumber number, const Alert& alert)>& tell);
  // The notifiers are done with it, which the log is to know.
  void Done(OutboxNumber number);

  bool full() const { return waiting_ >= kWaitingMax || waiting_bytes_ >= kWaitingBytesMax; }
  size_t waiting() const { return waiting_; }
  size_t telling() const { return entries_.size() - waiting_; }
  uint64_t forgotten() const { return forgotten_; }  // by a standby
  uint64_t given_up() const { return given_up_; }    // not told any more

 private:
  // Alerts that are older, or came by longer ago, are left to rest: what is read is the past.
  static constexpr int64_t kUntoldNanos = 3'600'000'000'000;

  struct Entry {
    v1::MonitorOutboxEntry content = {};
    size_t bytes = 0;
    bool committed = false;
    bool sent = false;
    bool told = false;
  };
  using Entries = std::map<OutboxNumber, Entry>;
  struct Recent {
    int64_t at = 0;  // monotonic
    v1::MonitorOutboxEntry content;
  };

  void Add(std::string_view topic, std::string_view id, v1::LogRecord record, const Alert* alert);
  void Arrived(Entries::iterator entry);
  void Erase(Entries::iterator entry);
  // An alert that came by, for the case that this monitor has to tell it.
  void Remember(const v1::MonitorOutboxEntry& content);
  void ForgetTold(std::string_view id);

  Entries entries_;
  absl::flat_hash_map<std::string, OutboxNumber> by_id_;  // of those that wait
  absl::flat_hash_set<std::string> ahead_;
  std::deque<std::string> ahead_order_;
  std::deque<Recent> recent_;                      // alerts that came by, perhaps untold, while this was not active
  absl::flat_hash_map<OutboxNumber, bool> dirty_;  // true: was committed once
  OutboxNumber next_ = 1;
  OutboxNumber first_unsent_ = 0;
  size_t waiting_ = 0;
  size_t waiting_bytes_ = 0;
  bool active_ = false;
  int64_t now_ = 0;
  int64_t unix_now_ = 0;
  size_t untold_ = 0;  // alerts that are in the log, and not told yet
  uint64_t forgotten_ = 0;
  uint64_t given_up_ = 0;
};

// The record of an alert in topic `alerts`, and the identity of what it says.
v1::LogRecord AlertRecord(const Alert& alert);
std::string AlertId(const Alert& alert);

}  // namespace sluice::monitor
