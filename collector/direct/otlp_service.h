// OTLP's LogsService: what OpenTelemetry's SDKs and Collectors send.
#pragma once

#include "base/clock.h"
#include "collector/direct/direct_log.h"
#include "collector/direct/direct_options.h"
#include "collector/direct/direct_record.h"
#include "grpcpp/support/server_callback.h"
#include "opentelemetry/proto/collector/logs/v1/logs_service.grpc.pb.h"

namespace sluice::collector {

// Answers when the records are durable. What never can be taken is told as partial success, or as INVALID_ARGUMENT if
// the log refuses it; what may be taken later as UNAVAILABLE, which clients repeat (RESOURCE_EXHAUSTED they repeat only
// if it comes with a delay). Thread-safe.
class OtlpService final : public opentelemetry::proto::collector::logs::v1::LogsService::CallbackService {
 public:
  // Nothing is owned. `topic` was compiled from `options.topic`.
  OtlpService(const DirectOptions& options, DirectTopic topic, DirectLog* log, CollectorMetrics* metrics,
              const Clock* clock);

  grpc::ServerUnaryReactor* Export(
      grpc::CallbackServerContext* call,
      const opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest* request,
      opentelemetry::proto::collector::logs::v1::ExportLogsServiceResponse* response) override;

 private:
  const DirectOptions options_;
  const DirectTopic topic_;
  DirectLog* const log_;
  CollectorMetrics* const metrics_;
  const Clock* const clock_;
};

}  // namespace sluice::collector
