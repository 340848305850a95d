#include "consumer/monitor/critical_stage.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "base/hash.h"
#include "base/strings.h"

namespace sluice::monitor {
namespace {

constexpr std::string_view kOwnTopics[] = {kAlertsTopic, kMetricsTopic, kCriticalTopic, kHeartbeatsTopic};

void SetAttribute(std::string_view name, std::string_view value, v1::LogRecord* record) {
  if (!value.empty()) (*record->mutable_attributes())[std::string(name)] = std::string(value);
}

}  // namespace

void CriticalStage::Observe(const Input& input, Findings* findings) {
  const client::Batch& batch = input.batch;
  if (!options_.enabled || MatchesAny(options_.exclude, batch.topic())) return;
  if (std::find(std::begin(kOwnTopics), std::end(kOwnTopics), batch.topic()) != std::end(kOwnTopics)) return;
  for (const client::RecordView& record : input.records) {
    if (record.severity() < options_.min_severity) continue;
    v1::LogRecord copy = record.ToProto();
    copy.clear_offset();
    SetAttribute("origin.topic", batch.topic(), &copy);
    SetAttribute("origin.host", batch.host(), &copy);
    SetAttribute("origin.agent", batch.agent(), &copy);
    SetAttribute("origin.path", batch.path(), &copy);
    for (const client::StringMapView::Entry& label : batch.labels()) {
      SetAttribute(StrCat("origin.", label.key), label.value, &copy);
    }
    findings->Publish(kCriticalTopic,
                      absl::StrFormat("%016x/%016x/%d", Xxh3(batch.agent()), Xxh3(batch.file_bytes()), record.offset()),
                      std::move(copy));
  }
}

}  // namespace sluice::monitor
