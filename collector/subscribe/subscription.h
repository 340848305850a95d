// One subscription: from the log's batches to the messages that its client gets, without gRPC and without threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "collector/log/event_log.h"
#include "collector/subscribe/filter.h"
#include "collector/subscribe/response_bytes.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::collector {

// Bounds of what one subscription holds and does at a time.
struct SubscriptionLimits {
  // Of batches read from the log at once (one batch, if that is larger).
  size_t read_bytes = 256 << 10;
  // Of a response, about: a larger batch comes in parts, so that clients with gRPC's usual bound of 4 MiB can read it.
  size_t response_bytes = 2 << 20;
  // After so many bytes without a match others get their turn.
  size_t scan_bytes = 1 << 20;
};

// Where the messages of a stream come from. Not thread-safe.
class MessageSource {
 public:
  virtual ~MessageSource() = default;

  enum class Step {
    kSend,   // `message` goes to the client; then Advance again
    kYield,  // much was read and nothing matched: Advance again when others had their turn
    kWait,   // caught up: Advance again when there is more
    kEnd,    // complete
  };
  struct Message {
    ResponseBytes response;
    uint64_t records = 0;
    bool progress = false;
    Omission::Reason omission = Omission::Reason::kNone;
    uint64_t records_omitted = 0;
  };
  // The next step; fills `message` if it is kSend. An error is the log's and ends the stream.
  virtual absl::StatusOr<Step> Advance(Message* message) = 0;
  // Caught up and with something to tell, but told too much lately: Advance after kProgressIntervalNanos.
  virtual bool progress_due() const = 0;

  // The least time between two messages that carry no records.
  static constexpr int64_t kProgressIntervalNanos = 1'000'000'000;
};

// Not thread-safe.
class Subscription final : public MessageSource {
 public:
  struct Request {
    std::shared_ptr<const Filter> filter;
    Position start;
    bool follow = false;
    uint64_t limit = 0;  // 0: none
    // Batches that it is asked about and says no to are passed over. May be empty.
    std::function<bool(const BatchView&)> takes = {};
    // What the client gets for a cursor of the log, in a message with so many records. Empty: the same.
    std::function<std::string(std::string cursor, uint64_t records)> mark_cursor = {};
  };
  // `log` and `clock` outlive it.
  Subscription(Request request, SubscriptionLimits limits, EventLog* log, const Clock* clock);

  absl::StatusOr<Step> Advance(Message* message) override;
  bool progress_due() const override { return progress_due_; }

  // Where the next message that has no batch leaves the reader: all before it was looked at.
  std::string cursor() const { return log_->FormatCursor(Here()); }
  // From now on, in place of the request's limit; not 0.
  void set_records_left(uint64_t records) { records_left_ = records; }

 private:
  absl::Status Read();
  bool TakeBatch(const StoredBatch& batch, Filter::Verdict verdict, Message* message);
  void Send(std::vector<SharedBytes> pieces, const Position& cursor, uint64_t records, Message* message);
  void SendOmitted(Message* message);
  void SendProgress(Message* message);
  void SendCursor(Message* message);
  Step CaughtUp(Message* message);
  Position Here() const;
  std::string Mark(std::string cursor, uint64_t records) const;
  bool IntervalPassed() const { return clock_->MonotonicNanos() - last_sent_nano_ >= kProgressIntervalNanos; }

  const Request request_;
  const SubscriptionLimits limits_;
  EventLog* const log_;
  const Clock* const clock_;
  const std::unique_ptr<LogReader> reader_;

  std::vector<StoredBatch> batches_;  // read, and behind next_batch_ not looked at
  size_t next_batch_ = 0;
  uint32_t next_record_ = 0;  // of batches_[next_batch_]
  Omission omission_;         // before batches_

  uint64_t records_left_;
  bool ended_ = false;
  bool records_sent_ = false;  // since the last Progress
  bool progress_sent_ = false;
  bool progress_due_ = false;
  std::string progress_cursor_;
  int64_t last_sent_nano_;
  v1::Progress progress_;  // since the last one
};

}  // namespace sluice::collector
