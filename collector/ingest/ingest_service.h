// IngestService over gRPC: streams come in here, everything else happens in PushSession.
#pragma once

#include <memory>

#include "absl/time/time.h"
#include "collector/ingest/push_session.h"
#include "collector/support/stream_set.h"
#include "sluice/v1/ingest_service.grpc.pb.h"

namespace sluice::collector {

// Raw messages, so that batches stay the bytes that they are. Thread-safe.
class IngestService final : public v1::IngestService::WithRawCallbackMethod_Push<v1::IngestService::Service> {
 public:
  // What `context` points to outlives the service, and the service its gRPC server.
  explicit IngestService(const IngestContext& context);

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Push(grpc::CallbackServerContext* call) override;

  // Refuses new streams and lets the open ones end once everything that was taken is durable and acknowledged. False if
  // that took longer than `timeout`: the streams go on ending.
  bool Stop(absl::Duration timeout);

 private:
  class Reactor;

  const IngestContext context_;
  StreamSet<PushSession> sessions_;
};

}  // namespace sluice::collector
