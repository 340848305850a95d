#include "collector/direct/otlp_service.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/direct/otlp_records.h"

namespace sluice::collector {
namespace {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const bool never = absl::IsInvalidArgument(status);
  return grpc::Status(never ? grpc::StatusCode::INVALID_ARGUMENT : grpc::StatusCode::UNAVAILABLE,
                      std::string(MessageOf(status)));
}

}  // namespace

OtlpService::OtlpService(const DirectOptions& options, DirectTopic topic, DirectLog* log, CollectorMetrics* metrics,
                         const Clock* clock)
    : options_(options), topic_(std::move(topic)), log_(log), metrics_(metrics), clock_(clock) {}

grpc::ServerUnaryReactor* OtlpService::Export(
    grpc::CallbackServerContext* call,
    const opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest* request,
    opentelemetry::proto::collector::logs::v1::ExportLogsServiceResponse* response) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  OtlpRecords read = ReadOtlp(*request, topic_, absl::FromUnixNanos(clock_->UnixNanos()), options_);
  if (read.refused > 0) {
    response->mutable_partial_success()->set_rejected_log_records(static_cast<int64_t>(read.refused));
    response->mutable_partial_success()->set_error_message(read.reason);
  }
  const auto finish = [this, reactor](const absl::Status& status) {
    const grpc::Status answer = ToGrpc(status);
    metrics_->CountDirectRequest("otlp", StrCat(static_cast<int>(answer.error_code())));
    reactor->Finish(answer);
  };
  if (read.records.empty()) {
    finish(absl::OkStatus());
  } else {
    log_->Append(std::move(read.records), finish);
  }
  return reactor;
}

}  // namespace sluice::collector
