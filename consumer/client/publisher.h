// Appends records to topics, each one once, whatever breaks between this program and the collector.
//
//   auto publisher = client->NewPublisher({.id = "billing-1"}).value();
//   sluice::v1::LogRecord record;
//   record.set_body("invoice 4711 sent");
//   record.set_severity(sluice::v1::SEVERITY_INFO);
//   absl::Status status = publisher->Publish("billing", std::move(record));
//   if (status.ok()) status = publisher->Flush(absl::Now() + absl::Seconds(30));   // OK: durable
//
// A record's identity is the publisher's id, the topic and the record's number in it. What the collector holds already
// it does not store again, so that whatever was not acknowledged is simply sent again after a broken connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "consumer/client/subscription.h"
#include "sluice/v1/log.pb.h"

namespace sluice::client {

// The encoded size of a record is at most this.
inline constexpr size_t kPublishedRecordBytesMax = 768 << 10;
// Topics that one publisher may write to.
inline constexpr size_t kPublishedTopicsMax = 10'000;

// InvalidArgument if records cannot be published to a topic of this name.
absl::Status CheckTopicName(std::string_view topic);

struct PublisherOptions {
  // Unique among the publishers of a collector, 1 to 118 characters of [A-Za-z0-9._:-]; readers see it as the records'
  // agent, with "publisher:" before it. Empty: one is made at
  // random, for a program that does not come back; the collector forgets what it knows of it a day after its last
  // record.
  std::string id = {};
  // Publish blocks while so many bytes are not acknowledged. A record larger than that waits until there is no other.
  size_t pending_bytes_max = 8 << 20;
  // While another publisher with this id is connected: wait for it to go, and take over. Else give up with
  // AlreadyExists if it is there for longer than ten seconds (one that was killed may seem to be there for a moment).
  bool wait_for_turn = false;
  // Of all records: where they come from, shown to readers. `host` empty: this machine's name.
  std::string host = {};
  std::string source = "publish";
  std::map<std::string, std::string> labels = {};
  // Of the program, for `sluice agents --publishers`.
  std::string version = {};
  // Told how the connection fares, on the publisher's thread; it must not call the publisher. kConnected: it is this
  // publisher's turn.
  std::function<void(const ConnectionState&)> on_state = {};
};

// Made by Client::NewPublisher, and connects by itself. Tries for ever, from the client's `retry_min` to `retry_max`,
// but for what no further try mends: then every call returns why. Thread-safe.
//
// Bounds: `pending_bytes_max`, kPublishedRecordBytesMax, kPublishedTopicsMax.
class Publisher {
 public:
  ~Publisher();  // ends at once; what is not acknowledged may be stored or not
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Takes a record as the next one of its topic; returns before it is sent. Records of a topic keep their order. A body
  // that is not UTF-8 becomes `raw_body`; a record without a time gets the present one; `offset` is not looked at.
  // InvalidArgument names the field that is no good; DeadlineExceeded if there is no room until `deadline`. Aborted,
  // and for ever, if another publisher with this id has published while this one was not connected and had sent
  // something: nobody knows then whether that is stored.
  absl::Status Publish(std::string_view topic, v1::LogRecord record, absl::Time deadline = absl::InfiniteFuture());

  // As Publish, for a program that numbers its records itself and after a restart gives them the same numbers again:
  // ascending in each topic, gaps allowed. A record whose number the collector holds, or that was given before, is left
  // out. A topic gets either these or those of Publish: InvalidArgument otherwise.
  absl::Status PublishAt(std::string_view topic, uint64_t sequence, v1::LogRecord record,
                         absl::Time deadline = absl::InfiniteFuture());

  // The first number that the collector does not hold. Waits until there is a connection.
  absl::StatusOr<uint64_t> NextSequence(std::string_view topic, absl::Time deadline = absl::InfiniteFuture());

  // Waits until everything that was given before is durable. DeadlineExceeded says how much is not, and why.
  absl::Status Flush(absl::Time deadline = absl::InfiniteFuture());

  // Flush, then ends. Whatever it returns, later calls get FailedPrecondition.
  absl::Status Close(absl::Time deadline = absl::InfiniteFuture());

  // As readers see it: "publisher:billing-1", or "ephemeral:" and what was made at random.
  const std::string& id() const;
  // Records that were given; of these the ones that are durable; and of these the ones that were left out, since the
  // collector held them before or they were given before.
  uint64_t taken() const;
  uint64_t acknowledged() const;
  uint64_t left_out() const;

 private:
  friend class Client;
  class Impl;
  explicit Publisher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::client
