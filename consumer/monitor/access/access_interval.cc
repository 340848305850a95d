#include "consumer/monitor/access/access_interval.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/hash.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "base/wire.h"
#include "consumer/monitor/sketch/encoding.h"

namespace sluice::monitor {
namespace {

using sketch::AppendField;
using sketch::AppendVarint;
using sketch::TakeVarint;

// Of the bytes.
enum Field : uint32_t {
  kSums = 1,
  kStatuses = 2,
  kMethodCounts = 3,
  kSections = 4,
  kSectionSums = 5,
  kClients = 6,
  kLatencies = 7
};

size_t MethodIndex(std::string_view method) {
  for (size_t i = 0; i + 1 < kMethods.size(); ++i) {
    if (method == kMethods[i]) return i;
  }
  return kMethods.size() - 1;
}

template <typename Numbers>
std::string Varints(const Numbers& numbers) {
  std::string bytes;
  for (uint64_t number : numbers) AppendVarint(number, &bytes);
  return bytes;
}

template <typename Numbers>
bool TakeVarints(std::string_view bytes, Numbers* numbers) {
  for (uint64_t& number : *numbers) {
    if (!TakeVarint(&bytes, &number)) return false;
  }
  return bytes.empty();
}

std::string TimeText(int64_t unix_seconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(unix_seconds), absl::UTCTimeZone());
}

// Six digits that count, and no exponent of a kind that JSON does not have.
std::string Real(double value) { return absl::StrFormat("%.6g", value); }

double Ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

template <typename Names, typename Counts>
std::string CountsJson(const Names& names, const Counts& counts) {
  std::string json = "{";
  for (size_t i = 0; i < names.size(); ++i) {
    if (counts[i] != 0) StrAppend(&json, json.size() > 1 ? "," : "", "\"", names[i], "\":", counts[i]);
  }
  return json + "}";
}

}  // namespace

void AccessInterval::Add(const AccessHit& hit, std::string_view section) {
  ++hits_;
  bytes_ += hit.bytes;
  const auto status_class = static_cast<size_t>(hit.status / 100);
  ++statuses_[status_class];
  ++methods_[MethodIndex(hit.method)];
  const sketch::HeavyHitters::Place place = sections_.Add(section);
  if (place.counter >= section_sums_.size()) section_sums_.resize(place.counter + 1);
  SectionSums& sums = section_sums_[place.counter];
  if (place.taken_over) sums = SectionSums();
  sums.bytes += hit.bytes;
  sums.errors += status_class == 5 ? 1 : 0;
  if (!hit.client.empty()) clients_.Add(Xxh3(hit.client));
  if (hit.latency_seconds >= 0) latencies_.Add(hit.latency_seconds);
}

uint64_t AccessInterval::unique_clients() const { return static_cast<uint64_t>(std::llround(clients_.Estimate())); }

std::string AccessInterval::SectionsJson(size_t sections_max) const {
  std::string json = "[";
  for (size_t place : sections_.Top(sections_max)) {
    const sketch::HeavyHitters::Counter& counter = sections_.counters()[place];
    StrAppend(&json, json.size() > 1 ? "," : "", "{\"section\":");
    AppendJsonString(counter.key, &json);
    StrAppend(&json, ",\"hits\":", counter.count);
    if (counter.error != 0) StrAppend(&json, ",\"hits_error\":", counter.error);
    StrAppend(&json, ",\"bytes\":", section_sums_[place].bytes, ",\"errors\":", section_sums_[place].errors, "}");
  }
  return json + "]";
}

v1::LogRecord AccessInterval::ToRecord(int64_t begin_unix_seconds, int64_t seconds, size_t sections_max) const {
  const std::string rate = Real(static_cast<double>(hits_) / static_cast<double>(seconds));
  const std::string error_rate = Real(Ratio(errors(), hits_));
  const std::string from = TimeText(begin_unix_seconds);
  const std::string to = TimeText(begin_unix_seconds + seconds);
  const uint64_t clients = unique_clients();
  std::string json;
  StrAppend(&json, "{\"kind\":\"access\",\"from\":\"", from, "\",\"to\":\"", to, "\",\"interval_seconds\":", seconds);
  StrAppend(&json, ",\"hits\":", hits_, ",\"hits_per_second\":", rate, ",\"bytes\":", bytes_);
  StrAppend(&json, ",\"status\":", CountsJson(kStatusClasses, statuses_));
  StrAppend(&json, ",\"methods\":", CountsJson(kMethods, methods_));
  StrAppend(&json, ",\"unique_clients\":", clients, ",\"error_rate\":", error_rate);
  v1::LogRecord record;
  auto& attributes = *record.mutable_attributes();
  if (latencies_.count() > 0) {
    const std::string p50 = Real(latencies_.Quantile(0.5));
    const std::string p99 = Real(latencies_.Quantile(0.99));
    StrAppend(&json, ",\"latency_seconds\":{\"count\":", latencies_.count(), ",\"p50\":", p50,
              ",\"p90\":", Real(latencies_.Quantile(0.9)), ",\"p99\":", p99, ",\"max\":", Real(latencies_.max()), "}");
    attributes["latency_p50_seconds"] = p50;
    attributes["latency_p99_seconds"] = p99;
  }
  StrAppend(&json, ",\"malformed\":", malformed_, ",\"late\":", late_, ",\"ahead\":", ahead_);
  StrAppend(&json, ",\"sections\":", SectionsJson(sections_max), "}");
  record.set_time_unix_nano(static_cast<uint64_t>(begin_unix_seconds + seconds) * 1'000'000'000);
  record.set_severity(v1::SEVERITY_INFO);
  record.set_body(std::move(json));
  attributes["kind"] = "access";
  attributes["hits"] = StrCat(hits_);
  attributes["hits_per_second"] = rate;
  attributes["bytes"] = StrCat(bytes_);
  attributes["error_rate"] = error_rate;
  attributes["unique_clients"] = StrCat(clients);
  return record;
}

std::string AccessInterval::Encode() const {
  std::string out;
  AppendField(kSums, Varints(std::array{hits_, bytes_, malformed_, late_, ahead_}), &out);
  AppendField(kStatuses, Varints(statuses_), &out);
  AppendField(kMethodCounts, Varints(methods_), &out);
  AppendField(kSections, sections_.Encode(), &out);
  std::string sums;
  for (const SectionSums& section : section_sums_) {
    AppendVarint(section.bytes, &sums);
    AppendVarint(section.errors, &sums);
  }
  AppendField(kSectionSums, sums, &out);
  AppendField(kClients, clients_.Encode(), &out);
  AppendField(kLatencies, latencies_.Encode(), &out);
  return out;
}

absl::StatusOr<AccessInterval> AccessInterval::Decode(std::string_view bytes) {
  AccessInterval interval;
  wire::Reader reader(bytes);
  wire::Field field;
  std::array<uint64_t, 5> sums = {};
  std::string_view section_sums;
  bool fits = true;
  while (reader.Next(&field)) {
    if (field.number == kSums) fits &= TakeVarints(field.bytes, &sums);
    if (field.number == kStatuses) fits &= TakeVarints(field.bytes, &interval.statuses_);
    if (field.number == kMethodCounts) fits &= TakeVarints(field.bytes, &interval.methods_);
    if (field.number == kSectionSums) section_sums = field.bytes;
    if (field.number == kSections) {
      SLUICE_ASSIGN_OR_RETURN(interval.sections_, sketch::HeavyHitters::Decode(field.bytes));
    } else if (field.number == kClients) {
      SLUICE_ASSIGN_OR_RETURN(interval.clients_, sketch::DistinctCount::Decode(field.bytes));
    } else if (field.number == kLatencies) {
      SLUICE_ASSIGN_OR_RETURN(interval.latencies_, sketch::Quantiles::Decode(field.bytes));
    }
  }
  interval.hits_ = sums[0];
  interval.bytes_ = sums[1];
  interval.malformed_ = sums[2];
  interval.late_ = sums[3];
  interval.ahead_ = sums[4];
  interval.section_sums_.resize(interval.sections_.counters().size());
  for (SectionSums& section : interval.section_sums_) {
    fits &= TakeVarint(&section_sums, &section.bytes) && TakeVarint(&section_sums, &section.errors);
  }
  if (!reader.ok() || !fits || !section_sums.empty()) return DataLoss("interval of access statistics: malformed");
  return interval;
}

}  // namespace sluice::monitor
