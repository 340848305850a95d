// Reads one topic: what is stored, then what comes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "consumer/client/client.h"

namespace sluice::cli {

// One thread calls Read and Follow; any thread may call Cancel.
class TopicStream {
 public:
  // False to end.
  using Handler = std::function<bool(const client::RecordView& record)>;
  using StateHandler = std::function<void(const client::ConnectionState&)>;

  // `client` outlives the stream. Reading gives up when there is no connection for `give_up_after`; following never
  // does.
  TopicStream(client::Client* client, std::string topic, StateHandler on_state,
              absl::Duration give_up_after = absl::Seconds(10));

  // What is stored, from `start` on. OK also after Cancel.
  absl::Status Read(client::Start start, const Handler& handler);
  // What comes behind what was read, until it is cancelled or the handler says so.
  absl::Status Follow(const Handler& handler);
  // Ends the present call and all later ones, soon.
  void Cancel();

 private:
  absl::Status Run(client::SubscribeOptions options, const Handler& handler);

  client::Client* const client_;
  const std::string topic_;
  const StateHandler on_state_;
  const absl::Duration give_up_after_;
  std::string cursor_;
  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  client::Subscription* current_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace sluice::cli
