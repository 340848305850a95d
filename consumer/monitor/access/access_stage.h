// Statistics of access logs as a part of the monitor: one record in topic `metrics` for each interval of event time in
// which there was a line.
//
// A line belongs to the interval of its record's time. An interval is told when event time has passed its end; what
// comes for it after that is counted as late, and left out. Intervals without a line are not told.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/glob.h"
#include "consumer/monitor/access/access_interval.h"
#include "consumer/monitor/access/access_metrics.h"
#include "consumer/monitor/access/access_options.h"
#include "consumer/monitor/access/access_record.h"
#include "consumer/monitor/stage.h"
#include "prometheus/registry.h"

namespace sluice::monitor {

class AccessStage final : public Stage {
 public:
  // Intervals that are open at once; beyond it the oldest is told early.
  static constexpr size_t kOpenMax = 32;

  // InvalidArgument for a glob that is none. `registry` outlives the stage.
  static absl::StatusOr<std::unique_ptr<AccessStage>> Create(AccessOptions options, prometheus::Registry* registry);

  // From now on these. With another length of intervals those that are open are told at once, as far as they have come.
  absl::Status Configure(AccessOptions options, Findings* findings);

  std::string_view name() const override { return "access"; }
  void Observe(const Input& input, Findings* findings) override;
  void Advance(absl::Time watermark, Findings* findings) override;
  void Tick(absl::Time now, Findings* findings) override {}
  void Save(StateSink* sink) override;
  absl::Status Load(const StateSource& source) override;

 private:
  struct Open {
    AccessInterval interval;
    bool changed = false;  // since the last Save
  };

  explicit AccessStage(prometheus::Registry* registry) : metrics_(registry) {}

  absl::Status TakeUp(AccessOptions options);
  bool Wants(const client::Batch& batch);
  // The interval of this time; null if it was told already.
  Open* Find(uint64_t unix_nanos, Findings* findings);
  // The oldest one that is open; `length` as its record says it, in seconds.
  void TellOldest(int64_t length, Findings* findings);

  AccessOptions options_;
  std::vector<Glob> topics_;
  std::vector<Glob> paths_;
  int64_t seconds_ = 0;     // of an interval
  std::string key_prefix_;  // of the open intervals' state
  AccessMetrics metrics_;
  std::unique_ptr<AccessReader> reader_;
  std::string scratch_;
  std::map<int64_t, std::unique_ptr<Open>> open_;  // by their first second
  int64_t told_until_ = INT64_MIN;                 // intervals that begin before it are told
  int64_t second_ = INT64_MIN;                     // up to which time has come
  uint64_t late_ = 0;                              // lines since the last one that was told
  uint64_t ahead_ = 0;                             // the same
  bool told_changed_ = false;                      // of the three above, since the last Save
  std::vector<std::string> to_delete_;             // of the state, with the next Save
  // Lines of one interval come together.
  uint64_t last_begin_nanos_ = 0;
  Open* last_ = nullptr;
};

}  // namespace sluice::monitor
