// A subscription: records as the collector has them, and as they come, over as many connections as it takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "consumer/client/batch.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::client {

// Where a subscription begins.
class Start {
 public:
  // At the end with `follow`, else at the beginning.
  Start() = default;
  static Start Beginning();
  // Where the log ends when the collector first answers.
  static Start End();
  // Records of this time or later.
  static Start At(absl::Time time);
  // Behind the event that carried this cursor.
  static Start After(std::string cursor);

  const v1::Start& proto() const { return proto_; }

 private:
  v1::Start proto_;
};

// How a subscription's connection fares.
struct ConnectionState {
  enum class Kind {
    kConnecting,  // a try begins
    kConnected,   // the collector answers
    kLost,        // `reason`; the next try begins in `retry_in`
  };
  Kind kind = Kind::kConnecting;
  absl::Status reason = {};
  absl::Duration retry_in = {};
};

struct SubscribeOptions {
  // Topic globs: `*` any characters, `?` one, `[a-z]` one of a set, `{a,b}` either. Empty: all topics.
  std::vector<std::string> topics = {};
  // Only records of this severity or above.
  v1::Severity min_severity = v1::SEVERITY_UNSPECIFIED;
  // Only records whose exact line contains this, byte for byte.
  std::string contains = {};
  // Only records whose exact line has a match of this RE2 expression.
  std::string regex = {};
  Start start = {};
  // Only records before this time.
  absl::Time end_time = absl::InfiniteFuture();
  // Go on with what comes, after the end of the log is reached.
  bool follow = false;
  // End after this many records, over all connections; 0: no limit.
  uint64_t limit = 0;
  // Be a member of this consumer group: each record goes to one of its members, and the group goes on where it was
  // acknowledged; `start` counts only for a group that there is not yet. An event is acknowledged when the next one is
  // asked for (or by Acknowledge), so do with it what is to be done before: records that were not acknowledged are
  // delivered again, here or to another member. Cursors of a group are no Start.
  std::string group = {};

  // Ends with DeadlineExceeded at this time, if it has not ended before.
  absl::Time deadline = absl::InfiniteFuture();
  // Ends with Unavailable when there was no connection for this long, also at the start. By default it waits for ever.
  absl::Duration give_up_after = absl::InfiniteDuration();
  // Told about the connection, on the thread that reads and before that reads on; must not call the subscription's
  // Next. May be empty.
  std::function<void(const ConnectionState&)> on_state = {};
};

// One message of a subscription: records, or a word about them. Valid until the subscription's next Next.
class Event {
 public:
  // Records that match; else null.
  const Batch* batch() const { return std::get_if<Batch>(&message_); }
  // Caught up with the log: nothing more to read at the moment; else null.
  const v1::Progress* progress() const { return std::get_if<v1::Progress>(&message_); }
  // Records were left out, and why; else null.
  const v1::Omitted* omitted() const { return std::get_if<v1::Omitted>(&message_); }
  // Start::After(cursor) of a later subscription goes on right behind this event: no gap, no repeat. Never empty.
  const std::string& cursor() const { return cursor_; }

 private:
  friend class Subscription;
  std::variant<std::monostate, Batch, v1::Progress, v1::Omitted> message_;
  std::string cursor_;
};

// Reads a subscription. Made by Client::Subscribe; may outlive its client.
//
// A connection that breaks, a collector that restarts or is not there (yet) is retried with jittered backoff, from the
// cursor of the last event that was delivered: the events are those of a connection that never broke. Errors that
// trying again cannot cure end it at once, with the collector's reason: InvalidArgument, FailedPrecondition,
// Unimplemented, Unauthenticated, PermissionDenied, NotFound, OutOfRange, DataLoss (also for a malformed message).
//
// One thread at a time calls Next, Ready, status and the iterators; any thread may call Cancel at any time. No thread
// of its own: the one that calls Next also drives the connection, so a reader that does not read holds the collector
// back and nothing is buffered without bound.
class Subscription {
 public:
  // For a range-based for; an input iterator.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Event;
    using difference_type = std::ptrdiff_t;
    using pointer = const Event*;
    using reference = const Event&;

    Iterator() = default;
    const Event& operator*() const { return *event_; }
    const Event* operator->() const { return event_; }
    Iterator& operator++() {
      event_ = subscription_->Next();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.event_ == b.event_; }

   private:
    friend class Subscription;
    explicit Iterator(Subscription* subscription) : subscription_(subscription), event_(subscription->Next()) {}
    Subscription* subscription_ = nullptr;
    const Event* event_ = nullptr;  // null: the end
  };

  ~Subscription();  // as Cancel
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Blocks until there is an event; null at the end, which status() explains. The event is valid until the next call.
  const Event* Next();
  // In a consumer group: the last event is done, though the next one is not asked for yet. Does not block.
  void Acknowledge();
  // True if Next would not block: a message is here, or the end is reached. False before the first Next and while there
  // is no connection.
  bool Ready();
  // After the end: OK if all was delivered (caught up without `follow`, or the limit reached), Cancelled after Cancel,
  // DeadlineExceeded, Unavailable (see give_up_after), or the error that ended it. OK before the end.
  absl::Status status() const;
  // The cursor of the last event; before the first, the one that it started from, or empty.
  const std::string& cursor() const;

  Iterator begin() { return Iterator(this); }
  Iterator end() { return Iterator(); }

  // Makes the present and every later Next return null, soon. Thread-safe.
  void Cancel();

 private:
  friend class Client;
  class Impl;
  explicit Subscription(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::client
