#include "consumer/monitor/rules/field.h"

#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/severity.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::monitor {
namespace {

constexpr std::string_view kLabels = "labels.";
constexpr std::string_view kAttributes = "attributes.";

// A key that comes twice: its last value counts.
std::optional<std::string_view> Find(const client::StringMapView& map, std::string_view key) {
  std::optional<std::string_view> found;
  for (const client::StringMapView::Entry& entry : map) {
    if (entry.key == key) found = entry.value;
  }
  return found;
}

}  // namespace

absl::StatusOr<Field> Field::Parse(std::string_view text) {
  static constexpr std::pair<std::string_view, Kind> kNames[] = {
      {"topic", Kind::kTopic},
      {"host", Kind::kHost},
      {"agent", Kind::kAgent},
      {"path", Kind::kPath},
      {"source", Kind::kSource},
      {"severity", Kind::kSeverity},
      {"body", Kind::kBody},
      {"access.method", Kind::kMethod},
      {"access.path", Kind::kAccessPath},
      {"access.section", Kind::kSection},
      {"access.status", Kind::kStatus},
      {"access.client", Kind::kClient},
      {"access.bytes", Kind::kBytes},
      {"access.latency", Kind::kLatency},
  };
  for (const auto& [name, kind] : kNames) {
    if (text == name) return Field(kind, {}, text);
  }
  if (text.starts_with(kLabels) && text.size() > kLabels.size()) {
    return Field(Kind::kLabel, text.substr(kLabels.size()), text);
  }
  if (text.starts_with(kAttributes) && text.size() > kAttributes.size()) {
    return Field(Kind::kAttribute, text.substr(kAttributes.size()), text);
  }
  return InvalidArgument("found ", Quoted(text),
                         "; expected topic, host, agent, path, source, severity, body, labels.NAME, attributes.NAME, "
                         "or access. and method, path, section, status, client, bytes or latency");
}

std::optional<std::string_view> Field::Of(const Line& line) const {
  switch (kind_) {
    case Kind::kTopic:
      return line.batch().topic();
    case Kind::kHost:
      return line.batch().host();
    case Kind::kAgent:
      return line.batch().agent();
    case Kind::kPath:
      return line.batch().path();
    case Kind::kSource:
      return line.batch().source();
    case Kind::kLabel:
      return Find(line.batch().labels(), name_);
    case Kind::kSeverity:
      return SeverityName(line.record().severity());
    case Kind::kBody:
      return line.record().body();
    case Kind::kAttribute:
      return line.Attribute(name_);
    default:
      return OfAccess(line);
  }
}

std::optional<std::string_view> Field::OfAccess(const Line& line) const {
  const AccessHit* const hit = line.access();
  if (hit == nullptr) return std::nullopt;
  switch (kind_) {
    case Kind::kMethod:
      return hit->method;
    case Kind::kAccessPath:
      return line.AccessPath();
    case Kind::kSection:
      return line.AccessSection();
    case Kind::kStatus:
      return line.AccessStatus();
    case Kind::kClient:
      return hit->client;
    default:  // figures are no texts
      return std::nullopt;
  }
}

std::optional<double> Field::NumberOf(const Line& line) const {
  if (kind_ == Kind::kBytes || kind_ == Kind::kLatency) {
    const AccessHit* const hit = line.access();
    if (hit == nullptr || (kind_ == Kind::kLatency && hit->latency_seconds < 0)) return std::nullopt;
    return kind_ == Kind::kBytes ? static_cast<double>(hit->bytes) : hit->latency_seconds;
  }
  const std::optional<std::string_view> text = Of(line);
  return text ? ParseNumber(*text) : std::nullopt;
}

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  if (!absl::SimpleAtod(ToAbsl(text), &value) || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace sluice::monitor
