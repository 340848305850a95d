// The records of a publisher that are not acknowledged: their numbers, what goes into the next message, what an answer
// of the collector means for them. Internal to the client; knows no connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::client {

// Not thread-safe.
class PublishQueue {
 public:
  // `shared` has what all batches have: agent, host, source, labels. `instance` tells this publisher from another one
  // with the same id. One that is `ephemeral` is forgotten by the collector some time.
  PublishQueue(v1::LogBatch shared, std::string instance, bool ephemeral);

  // Takes a record that CheckRecord has passed; without a number it gets the topic's next one when it is first sent.
  absl::Status Add(std::string_view topic, std::optional<uint64_t> sequence, v1::LogRecord record);

  size_t bytes() const { return bytes_; }
  size_t records() const { return static_cast<size_t>(taken_ - acknowledged_); }
  uint64_t taken() const { return taken_; }
  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t left_out() const { return left_out_; }
  // Of everything up to the `taken`-th record.
  bool IsDone(uint64_t taken) const;
  // The first number that the collector does not hold, as far as it has said.
  uint64_t Held(std::string_view topic) const;

  // A new stream: what the collector holds. Aborted if it cannot be known whether records that were sent are stored.
  absl::Status Connected(const std::vector<v1::FileWatermark>& held);
  void Disconnected();
  // Fills the batches of the next message of the stream, about `bytes_max` at most and at least one record. False if
  // there is nothing to send now; `NextRetry` says when there is.
  bool FillMessage(size_t bytes_max, absl::Time now, v1::PushRequest* request);
  absl::Time NextRetry() const;
  // Messages that are not acknowledged.
  size_t in_flight() const { return messages_.size(); }
  // An error if the collector will never take what was sent.
  absl::Status Acknowledged(const v1::Ack& ack, absl::Time now);
  // Why records were refused last; OK if none waits for another try.
  const absl::Status& refusal() const { return refusal_; }

 private:
  struct Item {
    uint64_t place = 0;  // among all that were taken, from 1
    std::optional<uint64_t> sequence;
    size_t bytes = 0;
    bool sent = false;  // on whatever stream
    v1::LogRecord record;
  };
  struct Topic {
    std::string name;
    uint64_t inode = 0;
    std::optional<bool> numbered;  // by the caller; set by the first record
    uint64_t given_end = 0;        // numbered: behind the last one given
    uint64_t next = 0;             // not numbered: the next one's number
    uint64_t held = 0;
    std::deque<Item> items;
    size_t sent = 0;       // of `items`, on this stream
    size_t in_flight = 0;  // messages
    bool queued = false;   // in ready_
    int refusals = 0;      // for good, one after the other
    std::optional<absl::Time> retry_at;
  };
  struct Part {
    Topic* topic = nullptr;
    uint64_t end = 0;
  };
  struct Message {
    uint64_t sequence = 0;
    std::vector<Part> parts;
  };

  absl::StatusOr<Topic*> FindOrAdd(std::string_view name);
  absl::Status Hold(Topic* topic, const v1::FileWatermark* watermark);
  uint64_t Stamp(uint64_t end) const;
  void MakeReady(Topic* topic);
  // Forgets the items below `end`.
  void Release(Topic* topic, uint64_t end);
  void ResendRefused(absl::Time now);
  size_t FillBatch(Topic* topic, size_t bytes_max, v1::LogBatch* batch);
  absl::Status Refused(Topic* topic, const v1::Rejection& rejection, absl::Time now);

  const v1::LogBatch shared_;
  const std::string instance_;
  const bool ephemeral_;
  absl::flat_hash_map<std::string, std::unique_ptr<Topic>> topics_;
  absl::flat_hash_map<uint64_t, Topic*> by_inode_;
  // What the collector said of topics that nothing was given for yet, by inode.
  absl::flat_hash_map<uint64_t, uint64_t> other_held_;
  std::deque<Topic*> ready_;     // have something to send
  std::vector<Topic*> refused_;  // wait to send again
  std::deque<Message> messages_;
  uint64_t last_message_ = 0;
  size_t bytes_ = 0;
  uint64_t taken_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t left_out_ = 0;
  absl::Status refusal_;
};

// Makes `record` what a collector takes: exact bytes, a time, no offset. InvalidArgument names the field otherwise.
absl::Status CheckRecord(absl::Time now, v1::LogRecord* record);

// Under which a topic's records are numbered.
uint64_t TopicInode(std::string_view topic);

}  // namespace sluice::client
