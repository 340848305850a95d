// IngestService over gRPC: streams come in here, everything else happens in PushSession.
#pragma once

#include <memory>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "collector/ingest/push_session.h"
#include "sluice/v1/ingest_service.grpc.pb.h"

namespace sluice::collector {

// Raw messages, so that batches stay the bytes that they are. Thread-safe.
class IngestService final : public v1::IngestService::WithRawCallbackMethod_Push<v1::IngestService::Service> {
 public:
  // What `context` points to outlives the service, and the service its gRPC server.
  explicit IngestService(const IngestContext& context) : context_(context) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Push(grpc::CallbackServerContext* call) override;

  // Refuses new streams and lets the open ones end once everything that was taken is durable and acknowledged. False if
  // that took longer than `timeout`: the streams go on ending.
  bool Stop(absl::Duration timeout);

 private:
  class Reactor;

  // Null with the reason if no stream is taken.
  absl::Status Admit(const std::shared_ptr<PushSession>& session);
  void Remove(const std::shared_ptr<PushSession>& session);

  const IngestContext context_;
  Mutex mutex_;
  CondVar idle_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<std::shared_ptr<PushSession>> sessions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector
