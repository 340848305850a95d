#include "consumer/monitor/alert_json.h"

#include <simdjson.h>

#include <cmath>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/severity.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::monitor {
namespace {

using simdjson::dom::element;

template <typename Pairs>
std::string PairsJson(const Pairs& pairs) {
  std::string json = "{";
  for (const auto& [name, value] : pairs) {
    if (json.size() > 1) json += ',';
    AppendJsonString(name, &json);
    json += ':';
    AppendJsonString(value, &json);
  }
  return json + "}";
}

// The shortest that is the same number again; JSON has no infinity.
std::string Number(double value) {
  if (!std::isfinite(value)) return "null";
  for (int digits = 6; digits < 17; ++digits) {
    std::string text = absl::StrFormat("%.*g", digits, value);
    if (std::strtod(text.c_str(), nullptr) == value) return text;
  }
  return absl::StrFormat("%.17g", value);
}

std::string Text(const element& object, const char* name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

double Figure(const element& object, const char* name) {
  double value = 0;
  return object[name].get(value) == simdjson::SUCCESS ? value : 0;
}

bool ParseTime(const element& object, const char* name, absl::Time* time) {
  return absl::ParseTime(absl::RFC3339_full, Text(object, name), time, nullptr);
}

template <typename Take>
void ForEachPair(const element& object, const char* name, const Take& take) {
  simdjson::dom::object pairs;
  if (object[name].get(pairs) != simdjson::SUCCESS) return;
  for (auto [key, value] : pairs) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) take(std::string(key), std::string(text));
  }
}

}  // namespace

std::string_view AlertStateName(Alert::State state) { return state == Alert::State::kFiring ? "firing" : "resolved"; }

std::string AlertSeverityName(v1::Severity severity) {
  std::string name(SeverityName(severity));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return severity == v1::SEVERITY_UNSPECIFIED ? "" : name;
}

std::string AlertGroupJson(const Alert& alert) { return PairsJson(alert.group); }

std::string AlertGroupText(const Alert& alert) {
  std::string text;
  for (const auto& [name, value] : alert.group) StrAppend(&text, text.empty() ? "" : ", ", name, "=", value);
  return text;
}

std::string AlertTime(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone()); }

std::string AlertFigure(double value) { return absl::StrFormat("%.6g", value); }

std::string AlertJson(const Alert& alert) {
  std::string json = "{\"rule\":";
  AppendJsonString(alert.rule, &json);
  StrAppend(&json, ",\"state\":\"", AlertStateName(alert.state), "\",\"severity\":\"",
            AlertSeverityName(alert.severity), "\",\"group\":", PairsJson(alert.group));
  StrAppend(&json, ",\"value\":", Number(alert.value), ",\"threshold\":", Number(alert.threshold));
  StrAppend(&json, ",\"starts_at\":\"", AlertTime(alert.starts_at), "\",\"ends_at\":");
  if (alert.ends_at == absl::InfiniteFuture()) {
    json += "null";
  } else {
    StrAppend(&json, "\"", AlertTime(alert.ends_at), "\"");
  }
  json += ",\"message\":";
  AppendJsonString(alert.message, &json);
  StrAppend(&json, ",\"labels\":", PairsJson(alert.labels), "}");
  return json;
}

absl::StatusOr<Alert> ParseAlertJson(std::string_view json) {
  simdjson::dom::parser parser;
  element object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS || !object.is_object()) {
    return InvalidArgument("no alert: ", Quoted(json));
  }
  Alert alert;
  alert.rule = Text(object, "rule");
  const std::string state = Text(object, "state");
  alert.state = state == "resolved" ? Alert::State::kResolved : Alert::State::kFiring;
  if (alert.rule.empty() || (state != "firing" && state != "resolved") ||
      !ParseTime(object, "starts_at", &alert.starts_at)) {
    return InvalidArgument("no alert: ", Quoted(json));
  }
  if (!ParseTime(object, "ends_at", &alert.ends_at)) alert.ends_at = absl::InfiniteFuture();
  alert.severity = SeverityFromText(Text(object, "severity"));
  alert.value = Figure(object, "value");
  alert.threshold = Figure(object, "threshold");
  alert.message = Text(object, "message");
  ForEachPair(object, "group", [&](std::string name, std::string value) {
    alert.group.emplace_back(std::move(name), std::move(value));
  });
  ForEachPair(object, "labels", [&](std::string name, std::string value) {
    alert.labels.insert_or_assign(std::move(name), std::move(value));
  });
  return alert;
}

}  // namespace sluice::monitor
