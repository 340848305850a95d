#include "collector/direct/direct_http.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/synchronization/notification.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "collector/direct/json_logs.h"

namespace sluice::collector {
namespace {

constexpr std::string_view kSource = "http";
constexpr char kRetrySeconds[] = "1";

HttpResponse Retry(int status, std::string_view error) {
  HttpResponse response = HttpError(status, error);
  response.headers.emplace_back("Retry-After", kRetrySeconds);
  return response;
}

HttpResponse FaultResponse(const JsonFault& fault) {
  HttpResponse response{.status = fault.too_many ? 413 : 400, .body = {}};
  response.body = "{\"error\":";
  AppendJsonString(fault.error, &response.body);
  StrAppend(&response.body, ",\"item\":", fault.item);
  if (!fault.field.empty()) {
    response.body += ",\"field\":";
    AppendJsonString(fault.field, &response.body);
  }
  response.body += "}\n";
  return response;
}

// Nothing if the body may be JSON.
std::optional<HttpResponse> CheckContentType(const std::string& content_type) {
  std::string type = content_type.substr(0, content_type.find(';'));
  absl::AsciiStrToLower(&type);
  absl::StripAsciiWhitespace(&type);
  for (const char* allowed :
       {"", "application/json", "application/x-ndjson", "application/ndjson", "application/jsonl"}) {
    if (type == allowed) return std::nullopt;
  }
  return HttpError(415, StrCat("Content-Type ", Quoted(content_type),
                               " is not understood; use application/json or application/x-ndjson (with curl: -H "
                               "'Content-Type: application/json')"));
}

HttpResponse StatusResponse(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return Retry(429, MessageOf(status));
    case absl::StatusCode::kInvalidArgument:
      return HttpError(400, MessageOf(status));
    default:
      return Retry(503, MessageOf(status));
  }
}

}  // namespace

DirectHttp::DirectHttp(const DirectOptions& options, DirectTopic topic, DirectLog* log, CollectorMetrics* metrics,
                       const Clock* clock)
    : options_(options), topic_(std::move(topic)), log_(log), metrics_(metrics), clock_(clock) {}

std::vector<HttpPost> DirectHttp::Posts() {
  const auto post = [this](const char* path, HttpResponse (DirectHttp::*handle)(const HttpRequest&)) {
    return HttpPost{.path = path,
                    .body_bytes_max = options_.body_bytes,
                    .handle = [this, handle](const HttpRequest& request) { return Counted((this->*handle)(request)); }};
  };
  return {post("/v1/logs", &DirectHttp::PostLogs), post("/v1/heartbeats", &DirectHttp::PostHeartbeats)};
}

HttpResponse DirectHttp::PostLogs(const HttpRequest& request) {
  if (auto error = CheckContentType(request.content_type); error.has_value()) return *std::move(error);
  JsonBody body = ReadJsonLogs(request.body, absl::FromUnixNanos(clock_->UnixNanos()), options_);
  if (body.fault.has_value()) return FaultResponse(*body.fault);
  std::vector<TopicRecord> records;
  for (DirectRecord& record : body.records) {
    absl::StatusOr<std::string> topic = topic_.Fill(record);
    if (!topic.ok()) {
      return FaultResponse(
          {.item = records.size(), .field = "service", .error = std::string(MessageOf(topic.status()))});
    }
    records.push_back({*std::move(topic), std::string(kSource), std::move(record)});
  }
  return Store(std::move(records));
}

HttpResponse DirectHttp::PostHeartbeats(const HttpRequest& request) {
  if (auto error = CheckContentType(request.content_type); error.has_value()) return *std::move(error);
  JsonBody body = ReadJsonHeartbeats(request.body, absl::FromUnixNanos(clock_->UnixNanos()), options_);
  if (body.fault.has_value()) return FaultResponse(*body.fault);
  std::vector<TopicRecord> records;
  records.reserve(body.records.size());
  for (DirectRecord& record : body.records) {
    records.push_back({options_.heartbeats_topic, std::string(kSource), std::move(record)});
  }
  return Store(std::move(records));
}

HttpResponse DirectHttp::Store(std::vector<TopicRecord> records) {
  // The log may answer when nobody waits any more.
  struct Answer {
    absl::Notification done;
    absl::Status status;
  };
  const auto answer = std::make_shared<Answer>();
  const size_t count = records.size();
  log_->Append(std::move(records), [answer](const absl::Status& status) {
    answer->status = status;
    answer->done.Notify();
  });
  if (!answer->done.WaitForNotificationWithTimeout(options_.timeout)) {
    return Retry(503, StrCat("not durable within ", absl::FormatDuration(options_.timeout),
                             ": it may be stored later, or not; if you send it again it may be there twice"));
  }
  if (!answer->status.ok()) return StatusResponse(answer->status);
  return {.status = 202, .body = StrCat("{\"accepted\":", count, "}\n")};
}

HttpResponse DirectHttp::Counted(HttpResponse response) {
  metrics_->CountDirectRequest(kSource, StrCat(response.status));
  return response;
}

}  // namespace sluice::collector
