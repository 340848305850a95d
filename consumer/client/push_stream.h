// One call of IngestService.Push: a publisher's connection. Internal to the client.
#pragma once

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "sluice/v1/ingest_service.grpc.pb.h"

namespace sluice::client {

// Told what happens, on gRPC's threads: only hand over. OnEnded is the last call.
class PushStreamListener {
 public:
  virtual ~PushStreamListener() = default;
  virtual void OnResponse(v1::PushResponse response) = 0;
  virtual void OnWritten() = 0;
  virtual void OnEnded(const absl::Status& status) = 0;
};

// Used by one thread; Start once, and after that it lives until OnEnded was called. Its owner destroys it on a thread
// of its own: the last reference to a channel must not go on one of gRPC's threads, which would wait for itself to end.
class PushStream final : public grpc::ClientBidiReactor<v1::PushRequest, v1::PushResponse> {
 public:
  // `listener` outlives the call.
  PushStream(const std::shared_ptr<grpc::Channel>& channel, PushStreamListener* listener);

  // Connects and writes the first message.
  void Start(v1::PushRequest hello);
  // The one before must be written (OnWritten). Dropped if the stream has ended.
  void Write(v1::PushRequest request);
  // Nothing more comes; the collector ends the stream when everything is acknowledged.
  void Finish();
  void Cancel() { context_.TryCancel(); }

  void OnWriteDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  // Keeps the stream open for an operation that begins now; false if it has ended.
  bool Hold();

  const std::unique_ptr<v1::IngestService::Stub> stub_;
  PushStreamListener* const listener_;
  grpc::ClientContext context_;
  v1::PushRequest outgoing_;
  v1::PushResponse incoming_;

  Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;  // no operation may begin any more
};

}  // namespace sluice::client
