// The connection to the collector. Internal to the client; with subscribe_stream and client.cc the only place that
// knows gRPC.
#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "consumer/client/client.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/status.h"

namespace sluice::client {

// Hands out the channel of a client. A gRPC channel that failed keeps failing for as long as its own backoff lasts;
// ours decides, so a channel is thrown away with its connection. Thread-safe.
class ChannelSource {
 public:
  // Errors as Client::Create.
  static absl::StatusOr<std::shared_ptr<ChannelSource>> Create(const ClientOptions& options);

  std::shared_ptr<grpc::Channel> Get();
  // The next Get makes a new one, unless that was done since.
  void Discard(const std::shared_ptr<grpc::Channel>& broken);

  const ClientOptions& options() const { return options_; }

 private:
  ChannelSource(ClientOptions options, std::shared_ptr<grpc::ChannelCredentials> credentials);
  std::shared_ptr<grpc::Channel> MakeChannel() const;

  const ClientOptions options_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  Mutex mutex_;
  std::shared_ptr<grpc::Channel> channel_ ABSL_GUARDED_BY(mutex_);
};

// Same code; the message without gRPC's nested prefixes.
absl::Status ToAbslStatus(const grpc::Status& status);

}  // namespace sluice::client
