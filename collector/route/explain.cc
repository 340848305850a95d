#include "collector/route/explain.h"

#include <cmath>
#include <utility>

#include "base/severity.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/batch_view.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

absl::StatusOr<std::string> Text(std::string_view name, const Value& value) {
  if (value.has_string_value()) return value.string_value();
  return InvalidArgument(name, " is no string");
}

absl::StatusOr<v1::Severity> ReadSeverity(const Value& value) {
  if (value.has_number_value()) {
    const double number = value.number_value();
    if (number == std::floor(number) && number >= 0 && number <= int{v1::Severity_MAX}) {
      return static_cast<v1::Severity>(static_cast<int>(number));
    }
  } else if (value.has_string_value()) {
    const v1::Severity severity = SeverityFromText(value.string_value());
    if (severity != v1::SEVERITY_UNSPECIFIED) return severity;
  }
  return InvalidArgument("severity is neither a name (trace, debug, info, warn, error, fatal) nor a number from 0 to ",
                         static_cast<int>(v1::Severity_MAX));
}

absl::Status ReadLabels(const Value& value, v1::LogBatch* batch) {
  if (!value.has_struct_value()) return InvalidArgument("labels is no object");
  for (const auto& [name, label] : value.struct_value().fields()) {
    SLUICE_ASSIGN_OR_RETURN((*batch->mutable_labels())[name], Text(StrCat("labels.", name), label));
  }
  return absl::OkStatus();
}

absl::Status ReadField(const std::string& name, const Value& value, v1::LogBatch* batch) {
  v1::LogRecord* record = batch->mutable_records(0);
  if (name == "severity") {
    SLUICE_ASSIGN_OR_RETURN(const v1::Severity severity, ReadSeverity(value));
    record->set_severity(severity);
    return absl::OkStatus();
  }
  if (name == "labels") return ReadLabels(value, batch);
  std::string* const text = name == "topic"    ? batch->mutable_topic()
                            : name == "path"   ? batch->mutable_path()
                            : name == "agent"  ? batch->mutable_agent()
                            : name == "source" ? batch->mutable_source()
                            : name == "body"   ? record->mutable_body()
                                               : nullptr;
  if (text == nullptr) {
    return InvalidArgument("unknown key '", name, "'; allowed: topic, path, agent, source, severity, labels, body");
  }
  SLUICE_ASSIGN_OR_RETURN(*text, Text(name, value));
  return absl::OkStatus();
}

absl::StatusOr<v1::LogBatch> ReadRecord(std::string_view json) {
  Struct object;
  if (!google::protobuf::util::JsonStringToMessage(std::string(json), &object).ok()) {
    return InvalidArgument("it is no JSON object");
  }
  v1::LogBatch batch;
  batch.set_agent("agent");
  batch.set_end_offset(1);
  batch.add_records();
  for (const auto& [name, value] : object.fields()) SLUICE_RETURN_IF_ERROR(ReadField(name, value, &batch));
  batch.mutable_summary()->set_count(1);
  batch.mutable_summary()->set_severities(1u << batch.records(0).severity());
  return batch;
}

}  // namespace

absl::StatusOr<std::string> ExplainRecord(const Router& router, std::string_view json) {
  SLUICE_ASSIGN_OR_RETURN(const v1::LogBatch batch, ReadRecord(json));
  PendingBatch pending;
  pending.bytes = SharedBytes::FromString(batch.SerializeAsString());
  SLUICE_ASSIGN_OR_RETURN(pending.view, BatchView::Parse(pending.bytes.view()));
  SLUICE_RETURN_IF_ERROR(ValidateBatch(pending.view));
  const Router::Explanation explanation = router.Explain(pending);
  std::string text = explanation.route == nullptr ? "no route ->" : StrCat("route ", explanation.route->name(), " ->");
  if (explanation.destinations.empty()) return text + " dropped";
  std::string_view separator = " ";
  for (const Destination& destination : explanation.destinations) {
    StrAppend(&text, std::exchange(separator, ", "), destination.topic);
    for (const auto& [name, value] : destination.add_labels) {
      if (name == kDeadLetterError) StrAppend(&text, " (", value, ")");
    }
  }
  return text;
}

std::string ExplainLines(const Router& router, std::string_view lines, bool* ok) {
  std::string text;
  *ok = true;
  for (size_t number = 1; !lines.empty(); ++number) {
    const size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const absl::StatusOr<std::string> explained = ExplainRecord(router, line);
    *ok = *ok && explained.ok();
    StrAppend(&text, number, ": ", explained.ok() ? *explained : StrCat("error: ", MessageOf(explained.status())),
              "\n");
  }
  return text;
}

}  // namespace sluice::collector
