#include "collector/direct/otlp_service.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/archive_file.h"
#include "base/shared_bytes.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/direct/otlp_records.h"
#include "collector/ingest/message_bytes.h"

namespace sluice::collector {
namespace {

using opentelemetry::proto::collector::logs::v1::ExportLogsServiceResponse;

// No request begins so: it would be a field of a type that there is not.
constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr size_t kDecodedAtOnce = 256 << 10;

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const bool never = absl::IsInvalidArgument(status);
  return grpc::Status(never ? grpc::StatusCode::INVALID_ARGUMENT : grpc::StatusCode::UNAVAILABLE,
                      std::string(MessageOf(status)));
}

absl::StatusOr<std::string> Decompress(std::string_view bytes, size_t bytes_max) {
  const std::unique_ptr<Decoder> decoder = NewGzipDecoder();
  std::string plain;
  Decoder::State state = Decoder::State::kMore;
  size_t decoded = 0;
  do {
    const size_t before = plain.size();
    state = decoder->Decode(&bytes, kDecodedAtOnce, &plain);
    if (state == Decoder::State::kBroken) return InvalidArgument("the request is no gzip: ", decoder->problem());
    decoded = plain.size() - before;
    if (plain.size() > bytes_max) {
      return InvalidArgument("the request has more than ", bytes_max,
                             " bytes after decompression: send less at a time");
    }
  } while (!bytes.empty() || decoded == kDecodedAtOnce);  // then the decoder may hold more
  if (state != Decoder::State::kBetweenMembers) return InvalidArgument("the request's gzip broke off");
  return plain;
}

grpc::ByteBuffer Serialise(const ExportLogsServiceResponse& response) {
  const grpc::Slice slice(response.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

OtlpService::OtlpService(const DirectOptions& options, size_t message_bytes_max, DirectTopic topic, DirectLog* log,
                         CollectorMetrics* metrics, const Clock* clock)
    : options_(options),
      message_bytes_max_(message_bytes_max),
      topic_(std::move(topic)),
      log_(log),
      metrics_(metrics),
      clock_(clock) {}

absl::StatusOr<OtlpService::Request> OtlpService::Read(const grpc::ByteBuffer& message) const {
  const SharedBytes bytes = TakeBytes(message);
  std::string_view text = bytes.view();
  std::string plain;
  if (text.starts_with(kGzipMagic)) {
    SLUICE_ASSIGN_OR_RETURN(plain, Decompress(text, message_bytes_max_));
    text = plain;
  }
  Request request;
  if (!request.ParseFromArray(text.data(), static_cast<int>(text.size()))) {
    return InvalidArgument("the request is no ExportLogsServiceRequest");
  }
  return request;
}

grpc::ServerUnaryReactor* OtlpService::Export(grpc::CallbackServerContext* call, const grpc::ByteBuffer* message,
                                              grpc::ByteBuffer* answer) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  const absl::StatusOr<Request> request = Read(*message);
  OtlpRecords read;
  if (request.ok()) read = ReadOtlp(*request, topic_, absl::FromUnixNanos(clock_->UnixNanos()), options_);
  ExportLogsServiceResponse response;
  if (read.refused > 0) {
    response.mutable_partial_success()->set_rejected_log_records(static_cast<int64_t>(read.refused));
    response.mutable_partial_success()->set_error_message(read.reason);
  }
  *answer = Serialise(response);
  const auto finish = [this, reactor](const absl::Status& status) {
    const grpc::Status answer = ToGrpc(status);
    metrics_->CountDirectRequest("otlp", StrCat(static_cast<int>(answer.error_code())));
    reactor->Finish(answer);
  };
  if (read.records.empty()) {
    finish(request.status());
  } else {
    log_->Append(std::move(read.records), finish);
  }
  return reactor;
}

}  // namespace sluice::collector
