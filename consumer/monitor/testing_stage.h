// What tests of the monitor's parts share.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "consumer/client/batch.h"
#include "consumer/monitor/stage.h"
#include "sluice/v1/log.pb.h"

namespace sluice::monitor {

// Remembers what was found.
class FoundThings final : public Findings {
 public:
  struct Published {
    std::string topic;
    std::string id;
    v1::LogRecord record;
  };
  void Publish(std::string_view topic, std::string_view id, v1::LogRecord record) override {
    published.push_back({std::string(topic), std::string(id), std::move(record)});
  }
  void Raise(const Alert& alert) override { alerts.push_back(alert); }

  std::vector<Published> published;
  std::vector<Alert> alerts;
};

// A state in memory.
class MemoryState final : public StateSink, public StateSource {
 public:
  void Put(std::string_view key, std::string_view value) override { values[std::string(key)] = value; }
  void Delete(std::string_view key) override { values.erase(std::string(key)); }
  absl::Status ForEach(std::string_view prefix, const Visitor& visit) const override {
    for (auto at = values.lower_bound(std::string(prefix)); at != values.end() && at->first.starts_with(prefix); ++at) {
      SLUICE_RETURN_IF_ERROR(visit(at->first, at->second));
    }
    return absl::OkStatus();
  }

  std::map<std::string, std::string> values;
};

// Hands a batch to a stage as the monitor does, without advancing the time: `newest` is that of its records.
inline void ObserveBatch(const v1::LogBatch& proto, Stage* stage, Findings* findings,
                         absl::Time newest = absl::InfiniteFuture()) {
  const std::string bytes = proto.SerializeAsString();
  const client::Batch batch = client::Batch::Parse(bytes).value();
  const std::vector<client::RecordView> records(batch.records().begin(), batch.records().end());
  stage->Observe({.batch = batch, .records = records, .newest = newest}, findings);
}

}  // namespace sluice::monitor
