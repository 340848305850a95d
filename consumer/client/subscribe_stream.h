// One call of LogService.Subscribe: a stream of messages over one connection. Internal to the client.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::client {

// Drives a completion queue of its own on the thread that reads: no hand-over between threads for a message, and gRPC
// reads from the socket only while somebody wants to have more. One thread at a time; Cancel is thread-safe.
class SubscribeStream {
 public:
  // The call ends with DeadlineExceeded at `deadline`.
  SubscribeStream(std::shared_ptr<grpc::Channel> channel, absl::Time deadline);
  ~SubscribeStream();  // cancels

  // Connects and sends the request; blocks. False if that failed, also if it takes longer than `connect_timeout`; then
  // Finish says why.
  bool Start(const v1::SubscribeRequest& request, absl::Duration connect_timeout);
  // Blocks for the next message, whose bytes are valid until the next call. Nothing at the end of the stream.
  std::optional<std::string_view> Read();
  // True if a message is here: Read would give it without blocking.
  bool HasMessage();
  // How the call ended. Once, after Start or Read said that it did.
  absl::Status Finish();
  void Cancel() { context_.TryCancel(); }

 private:
  // Waits for the operation that is under way (never more than one is) and returns whether it succeeded.
  bool Wait();
  // Nothing if the time runs out first.
  std::optional<bool> WaitUntil(absl::Time deadline);
  void StartRead();
  // `message_` in one piece.
  std::string_view Flatten();

  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool finished_ = false;
  absl::Status connect_error_;

  bool read_pending_ = false;
  std::optional<bool> read_result_;  // of the last StartRead, once it is known
  grpc::ByteBuffer message_;
  // What Read gave: a slice of gRPC's, or a copy if the message came in several.
  std::vector<grpc::Slice> slices_;
  std::unique_ptr<char[]> flat_;
  size_t flat_capacity_ = 0;
};

}  // namespace sluice::client
