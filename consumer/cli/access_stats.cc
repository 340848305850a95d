#include "consumer/cli/access_stats.h"

#include <simdjson.h>

#include "base/strings.h"

namespace sluice::cli {
namespace {

using simdjson::dom::element;

template <typename Number>
Number Get(const element& object, const char* name) {
  Number number = 0;
  return object[name].get(number) == simdjson::SUCCESS ? number : 0;
}

std::string Text(const element& object, const char* name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

AccessStats::Counts GetCounts(const element& object, const char* name) {
  AccessStats::Counts counts;
  simdjson::dom::object members;
  if (object[name].get(members) != simdjson::SUCCESS) return counts;
  for (const auto& [key, value] : members) {
    uint64_t count = 0;
    if (value.get(count) == simdjson::SUCCESS) counts.emplace_back(key, count);
  }
  return counts;
}

std::vector<AccessStats::Section> GetSections(const element& object) {
  std::vector<AccessStats::Section> sections;
  simdjson::dom::array items;
  if (object["sections"].get(items) != simdjson::SUCCESS) return sections;
  for (const element& item : items) {
    sections.push_back({.name = Text(item, "section"),
                        .hits = Get<uint64_t>(item, "hits"),
                        .hits_error = Get<uint64_t>(item, "hits_error"),
                        .bytes = Get<uint64_t>(item, "bytes"),
                        .errors = Get<uint64_t>(item, "errors")});
  }
  return sections;
}

bool GetTime(const element& object, const char* name, absl::Time* time) {
  return absl::ParseTime(absl::RFC3339_full, Text(object, name), time, nullptr);
}

}  // namespace

std::optional<AccessStats> ParseAccessStats(std::string_view json) {
  simdjson::dom::parser parser;
  element object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS || !object.is_object()) return {};
  AccessStats stats;
  if (Text(object, "kind") != "access" || !GetTime(object, "from", &stats.from) || !GetTime(object, "to", &stats.to) ||
      stats.to <= stats.from) {
    return {};
  }
  stats.hits = Get<uint64_t>(object, "hits");
  stats.hits_per_second = Get<double>(object, "hits_per_second");
  stats.bytes = Get<uint64_t>(object, "bytes");
  stats.unique_clients = Get<uint64_t>(object, "unique_clients");
  stats.error_rate = Get<double>(object, "error_rate");
  stats.malformed = Get<uint64_t>(object, "malformed");
  stats.late = Get<uint64_t>(object, "late");
  stats.ahead = Get<uint64_t>(object, "ahead");
  stats.statuses = GetCounts(object, "status");
  stats.methods = GetCounts(object, "methods");
  stats.sections = GetSections(object);
  element latency;
  if (object["latency_seconds"].get(latency) == simdjson::SUCCESS) {
    stats.latency = AccessStats::Latency{.p50 = Get<double>(latency, "p50"),
                                         .p90 = Get<double>(latency, "p90"),
                                         .p99 = Get<double>(latency, "p99"),
                                         .max = Get<double>(latency, "max")};
  }
  return stats;
}

}  // namespace sluice::cli
