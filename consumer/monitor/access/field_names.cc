#include "consumer/monitor/access/field_names.h"

#include <charconv>

#include "base/access_line.h"

namespace sluice::monitor {
namespace {

struct Name {
  std::string_view name;
  FieldMeaning meaning;
};

constexpr FieldMeaning Latency(LatencyUnit unit, LatencyUnit bare = LatencyUnit::kSeconds) {
  return {AccessField::kLatency, unit, bare};
}

constexpr Name kNames[] = {
    // Attributes of the agent's parser, nginx's variables.
    {"request", {AccessField::kRequest}},
    {"method", {AccessField::kMethod}},
    {"request_method", {AccessField::kMethod}},
    {"path", {AccessField::kTarget}},
    {"uri", {AccessField::kTarget}},
    {"url", {AccessField::kTarget}},
    {"request_uri", {AccessField::kTarget}},
    {"status", {AccessField::kStatus}},
    {"status_code", {AccessField::kStatus}},
    {"response_code", {AccessField::kStatus}},
    {"bytes", {AccessField::kBytes}},
    {"body_bytes_sent", {AccessField::kBytes}},
    {"bytes_sent", {AccessField::kBytes}},
    {"size", {AccessField::kBytes}},
    {"remote_addr", {AccessField::kClient}},
    {"remote_ip", {AccessField::kClient}},
    {"client_ip", {AccessField::kClient}},
    {"client", {AccessField::kClient}},
    {"request_time", Latency(LatencyUnit::kSeconds)},
    {"rt", Latency(LatencyUnit::kSeconds)},
    {"duration", Latency(LatencyUnit::kAuto, LatencyUnit::kMillis)},
    {"duration_ms", Latency(LatencyUnit::kMillis)},
    {"latency_ms", Latency(LatencyUnit::kMillis)},
    {"took_ms", Latency(LatencyUnit::kMillis)},
    {"duration_us", Latency(LatencyUnit::kMicros)},
    {"request_time_ms", Latency(LatencyUnit::kMillis)},
    {"request_time_us", Latency(LatencyUnit::kMicros)},
    // W3C's columns: IIS counts milliseconds, CloudFront seconds with a point.
    {"cs-method", {AccessField::kMethod}},
    {"cs-uri", {AccessField::kTarget}},
    {"cs-uri-stem", {AccessField::kTarget}},
    {"sc-status", {AccessField::kStatus}},
    {"sc-bytes", {AccessField::kBytes}},
    {"c-ip", {AccessField::kClient}},
    {"time-taken", Latency(LatencyUnit::kAuto, LatencyUnit::kMillis)},
    // Traefik.
    {"RequestMethod", {AccessField::kMethod}},
    {"RequestPath", {AccessField::kTarget}},
    {"DownstreamStatus", {AccessField::kStatus}},
    {"DownstreamContentSize", {AccessField::kBytes}},
    {"ClientHost", {AccessField::kClient}},
    {"Duration", Latency(LatencyUnit::kNanos)},
};

template <typename Number>
bool ParseNumber(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

FieldMeaning MeaningOf(std::string_view name, const LatencyField& latency) {
  if (!latency.name.empty() && name == latency.name) return Latency(latency.unit);
  for (const Name& known : kNames) {
    if (known.name != name) continue;
    if (known.meaning.field == AccessField::kLatency && !latency.name.empty()) return {};
    return known.meaning;
  }
  return {};
}

void TakeField(const FieldMeaning& meaning, std::string_view value, AccessHit* hit) {
  switch (meaning.field) {
    case AccessField::kRequest: {
      AccessRequest request;
      if (!SplitAccessRequest(value, &request)) break;
      hit->method = request.method;
      hit->target = request.path;
      break;
    }
    case AccessField::kMethod:
      hit->method = value;
      break;
    case AccessField::kTarget:
      hit->target = value;
      break;
    case AccessField::kStatus: {
      int status = 0;
      if (ParseNumber(value, &status) && status >= 100 && status <= 599) hit->status = status;
      break;
    }
    case AccessField::kBytes:
      if (uint64_t bytes = 0; ParseNumber(value, &bytes)) hit->bytes = bytes;
      break;
    case AccessField::kClient:
      hit->client = value;
      break;
    case AccessField::kLatency:
      if (const double seconds = ParseLatency(value, meaning.unit, meaning.bare); seconds >= 0) {
        hit->latency_seconds = seconds;
      }
      break;
    default:
      break;
  }
}

double ParseLatency(std::string_view text, LatencyUnit unit, LatencyUnit bare) {
  double value = 0;
  if (text.empty() || text[0] == '-' || !ParseNumber(text, &value) || !(value < 1e15)) return -1;
  if (unit == LatencyUnit::kAuto) unit = text.find('.') != text.npos ? LatencyUnit::kSeconds : bare;
  switch (unit) {
    case LatencyUnit::kMillis:
      return value / 1e3;
    case LatencyUnit::kMicros:
      return value / 1e6;
    case LatencyUnit::kNanos:
      return value / 1e9;
    default:
      return value;
  }
}

}  // namespace sluice::monitor
