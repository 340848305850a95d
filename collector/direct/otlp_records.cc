#include "collector/direct/otlp_records.h"

#include <charconv>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::collector {
namespace {

using opentelemetry::proto::common::v1::AnyValue;
using opentelemetry::proto::common::v1::KeyValue;
using Attributes = google::protobuf::Map<std::string, std::string>;
using KeyValues = google::protobuf::RepeatedPtrField<KeyValue>;
namespace logs = opentelemetry::proto::logs::v1;

constexpr std::string_view kSource = "otlp";
constexpr char kUnknownService[] = "unknown_service";  // OpenTelemetry's own word
constexpr int kDepthMax = 10;

std::string NumberText(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return std::string(text, end);
}

void AppendJson(const AnyValue& value, std::string* out) {
  switch (value.value_case()) {
    case AnyValue::kStringValue:
      return AppendJsonString(value.string_value(), out);
    case AnyValue::kBoolValue:
      return StrAppend(out, value.bool_value() ? "true" : "false");
    case AnyValue::kIntValue:
      return StrAppend(out, value.int_value());
    case AnyValue::kDoubleValue: {
      // JSON has no word for infinities.
      const bool finite = value.double_value() - value.double_value() == 0;
      if (!finite) return AppendJsonString(NumberText(value.double_value()), out);
      return StrAppend(out, NumberText(value.double_value()));
    }
    case AnyValue::kBytesValue:
      return AppendJsonString(ToStd(absl::Base64Escape(value.bytes_value())), out);
    case AnyValue::kArrayValue: {
      *out += '[';
      bool first = true;
      for (const AnyValue& item : value.array_value().values()) {
        if (!std::exchange(first, false)) *out += ',';
        AppendJson(item, out);
      }
      *out += ']';
      return;
    }
    case AnyValue::kKvlistValue: {
      *out += '{';
      bool first = true;
      for (const KeyValue& item : value.kvlist_value().values()) {
        if (!std::exchange(first, false)) *out += ',';
        AppendJsonString(item.key(), out);
        *out += ':';
        AppendJson(item.value(), out);
      }
      *out += '}';
      return;
    }
    case AnyValue::VALUE_NOT_SET:
      return StrAppend(out, "null");
  }
}

std::string TextOf(const AnyValue& value) {
  if (value.has_string_value()) return value.string_value();
  if (value.has_double_value()) return NumberText(value.double_value());
  if (value.has_bytes_value()) return absl::Base64Escape(value.bytes_value());
  std::string text;
  AppendJson(value, &text);
  return text;
}

void Flatten(const std::string& name, const AnyValue& value, int depth, Attributes* out) {
  if (value.value_case() == AnyValue::VALUE_NOT_SET) return;
  if (!value.has_kvlist_value() || depth >= kDepthMax) {
    (*out)[name] = TextOf(value);
    return;
  }
  for (const KeyValue& item : value.kvlist_value().values()) {
    Flatten(StrCat(name, ".", item.key()), item.value(), depth + 1, out);
  }
}

void Flatten(const KeyValues& attributes, Attributes* out) {
  for (const KeyValue& item : attributes) Flatten(item.key(), item.value(), 0, out);
}

// Takes an attribute of the resource out of the others.
std::string Take(std::initializer_list<const char*> names, Attributes* attributes) {
  for (const char* name : names) {
    const auto found = attributes->find(name);
    if (found == attributes->end()) continue;
    std::string value = found->second;
    attributes->erase(found);
    return value;
  }
  return "";
}

void SetId(const char* name, const std::string& id, Attributes* out) {
  if (id.find_first_not_of('\0') != std::string::npos) (*out)[name] = absl::BytesToHexString(id);
}

void SetBody(const AnyValue& body, v1::LogRecord* record) {
  if (!body.has_bytes_value()) {
    if (body.value_case() != AnyValue::VALUE_NOT_SET) record->set_body(TextOf(body));
    return;
  }
  record->set_body(ReplaceInvalidUtf8(body.bytes_value()));
  if (record->body() != body.bytes_value()) record->set_raw_body(body.bytes_value());
}

DirectRecord ReadRecord(const logs::LogRecord& from, const DirectRecord& resource, absl::Time now) {
  DirectRecord direct = resource;
  v1::LogRecord& record = direct.record;
  Attributes& attributes = *record.mutable_attributes();
  Flatten(from.attributes(), &attributes);
  SetId("trace_id", from.trace_id(), &attributes);
  SetId("span_id", from.span_id(), &attributes);
  if (!from.event_name().empty()) attributes["event_name"] = from.event_name();
  SetBody(from.body(), &record);
  const int severity = from.severity_number();
  record.set_severity(v1::Severity_IsValid(severity) ? static_cast<v1::Severity>(severity) : v1::SEVERITY_UNSPECIFIED);
  record.set_severity_text(from.severity_text());
  uint64_t time = from.time_unix_nano() != 0 ? from.time_unix_nano() : from.observed_time_unix_nano();
  if (time == 0) time = static_cast<uint64_t>(absl::ToUnixNanos(now));
  record.set_time_unix_nano(time);
  return direct;
}

}  // namespace

OtlpRecords ReadOtlp(const opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest& request,
                     const DirectTopic& topic, absl::Time now, const DirectOptions& limits) {
  OtlpRecords out;
  const auto refuse = [&out](const absl::Status& why) {
    if (out.refused++ == 0) out.reason = std::string(MessageOf(why));
  };
  for (const logs::ResourceLogs& resource : request.resource_logs()) {
    DirectRecord shared;
    Attributes& attributes = *shared.record.mutable_attributes();
    Flatten(resource.resource().attributes(), &attributes);
    shared.service = Take({"service.name"}, &attributes);
    if (shared.service.empty()) shared.service = kUnknownService;
    shared.environment = Take({"deployment.environment.name", "deployment.environment"}, &attributes);
    shared.host = Take({"host.name"}, &attributes);
    for (const logs::ScopeLogs& scope : resource.scope_logs()) {
      DirectRecord scoped = shared;
      if (!scope.scope().name().empty()) (*scoped.record.mutable_attributes())["scope.name"] = scope.scope().name();
      for (const logs::LogRecord& record : scope.log_records()) {
        DirectRecord direct = ReadRecord(record, scoped, now);
        absl::Status status = CheckDirectRecord(direct, limits.record_bytes);
        absl::StatusOr<std::string> name = topic.Fill(direct);
        status.Update(name.status());
        if (!status.ok()) {
          refuse(status);
          continue;
        }
        out.records.push_back({*std::move(name), std::string(kSource), std::move(direct)});
      }
    }
  }
  return out;
}

}  // namespace sluice::collector
