// Topic `critical`: a copy of every record of the log that is severe, with where it came from.
#pragma once

#include <string_view>
#include <vector>

#include "base/glob.h"
#include "consumer/monitor/stage.h"

namespace sluice::monitor {

struct CriticalOptions {
  bool enabled = true;
  v1::Severity min_severity = v1::SEVERITY_WARN;
  // Topics whose records are not copied. The monitor's own never are.
  std::vector<Glob> exclude = {};
};

// Not thread-safe. Keeps no state: a record's copy has the record's identity.
class CriticalStage final : public Stage {
 public:
  explicit CriticalStage(CriticalOptions options) : options_(std::move(options)) {}

  std::string_view name() const override { return "critical"; }
  void Observe(const Input& input, Findings* findings) override;
  void Advance(absl::Time watermark, Findings* findings) override {}
  void Tick(absl::Time now, Findings* findings) override {}
  void Save(StateSink* sink) override {}
  absl::Status Load(const StateSource& source) override { return absl::OkStatus(); }

  void Configure(CriticalOptions options) { options_ = std::move(options); }

 private:
  CriticalOptions options_;
};

}  // namespace sluice::monitor
