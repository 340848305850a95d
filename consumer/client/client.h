// Sluice's client library: reads the log of a collector, and appends to it (publisher.h). Link //consumer:client,
// include this file.
//
//   auto client = sluice::client::Client::Create({.address = "127.0.0.1:7070"}).value();
//   auto errors = client->Subscribe({.topics = {"shop.*"}, .min_severity = sluice::v1::SEVERITY_ERROR, .follow =
//   true}); for (const auto& event : *errors)
//     if (const auto* batch = event.batch())
//       for (const auto& record : batch->records()) std::cout << batch->topic() << ' ' << record.line() << '\n';
//   std::cerr << errors->status() << '\n';
//
// With a callback, on a thread of its own:
//
//   auto listener = client->Listen({.follow = true}, [](const sluice::client::Event& event) { … });
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "consumer/client/batch.h"
#include "consumer/client/publisher.h"
#include "consumer/client/subscription.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::client {

// Encryption, and who is who. Files in PEM.
struct TlsOptions {
  // The authorities that the collector's certificate may come from; empty: those of the system.
  std::string ca_file = {};
  // What this client shows to a collector that asks for it; both or none.
  std::string cert_file = {};
  std::string key_file = {};
  // The name that the collector's certificate must bear, if not the host of the address.
  std::string server_name = {};
};

struct ClientOptions {
  // HOST:PORT of the collector.
  std::string address = "127.0.0.1:7070";
  // Plain text without.
  std::optional<TlsOptions> tls = std::nullopt;
  // One try to connect may take this long.
  absl::Duration connect_timeout = absl::Seconds(5);
  // A call other than a subscription may take this long.
  absl::Duration call_timeout = absl::Seconds(10);
  // Between two tries of a subscription: at least half of `retry_min` at first, at most `retry_max`.
  absl::Duration retry_min = absl::Milliseconds(100);
  absl::Duration retry_max = absl::Seconds(5);
  // A message of the collector may be this large; bytes.
  size_t message_bytes_max = 64 << 20;
};

// A subscription that is read on a thread of its own, which calls a handler. Ends with the subscription, or when the
// handler returns false. Thread-safe, but for the destructor.
class Listener {
 public:
  // Returns false to end the subscription. The event is valid during the call.
  using Handler = std::function<bool(const Event& event)>;

  ~Listener();  // cancels and waits for the handler to return; must not run on the handler's thread
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Blocks until the end; why it ended: see Subscription::status. OK if the handler returned false.
  absl::Status Wait();
  // The handler is called no more after the present call. Does not wait; may be called by the handler.
  void Cancel();

 private:
  friend class Client;
  class Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Thread-safe. All that it does shares one connection; who needs more throughput than one gives makes more clients.
class Client {
 public:
  // Does not connect yet. InvalidArgument if the address is none; NotFound and the like, with the path, for the files.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Returns at once; the subscription connects when it is read.
  std::unique_ptr<Subscription> Subscribe(SubscribeOptions options);
  // Returns at once; the handler is called on a thread of the listener's own, one event after another.
  std::unique_ptr<Listener> Listen(SubscribeOptions options, Listener::Handler handler);

  // The topics that match one of the globs (none: all), by name. One try; Unavailable if there is no collector.
  absl::StatusOr<std::vector<v1::Topic>> ListTopics(const std::vector<std::string>& globs = {});
  // The agents that were ever connected, by id; with `files` what is known of the files that they follow, with
  // `publishers` also those. One try.
  absl::StatusOr<std::vector<v1::Agent>> ListAgents(bool files = false, bool publishers = false);
  // The consumer groups, by name. One try.
  absl::StatusOr<std::vector<v1::Group>> ListGroups();

  // Returns at once; the publisher connects by itself. InvalidArgument if the options are no good.
  absl::StatusOr<std::unique_ptr<Publisher>> NewPublisher(PublisherOptions options = {});

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::client
