// OTLP's LogsService: what OpenTelemetry's SDKs and Collectors send.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "collector/direct/direct_log.h"
#include "collector/direct/direct_options.h"
#include "collector/direct/direct_record.h"
#include "grpcpp/support/server_callback.h"
#include "opentelemetry/proto/collector/logs/v1/logs_service.grpc.pb.h"

namespace sluice::collector {

// Answers when the records are durable. What never can be taken is told as partial success, or as INVALID_ARGUMENT if
// the log refuses it; what may be taken later as UNAVAILABLE, which clients repeat (RESOURCE_EXHAUSTED they repeat only
// if it comes with a delay). A request may be compressed with gzip, as OpenTelemetry's Collectors do it: gRPC gives the
// bytes as they came. Thread-safe.
class OtlpService final : public opentelemetry::proto::collector::logs::v1::LogsService::WithRawCallbackMethod_Export<
                              opentelemetry::proto::collector::logs::v1::LogsService::Service> {
 public:
  // Nothing is owned. `topic` was compiled from `options.topic`. A request has at most `message_bytes_max` bytes, also
  // after decompression.
  OtlpService(const DirectOptions& options, size_t message_bytes_max, DirectTopic topic, DirectLog* log,
              CollectorMetrics* metrics, const Clock* clock);

  grpc::ServerUnaryReactor* Export(grpc::CallbackServerContext* call, const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;

 private:
  using Request = opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest;

  absl::StatusOr<Request> Read(const grpc::ByteBuffer& message) const;

  const DirectOptions options_;
  const size_t message_bytes_max_;
  const DirectTopic topic_;
  DirectLog* const log_;
  CollectorMetrics* const metrics_;
  const Clock* const clock_;
};

}  // namespace sluice::collector
