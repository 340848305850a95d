// What a rule knows of the records of one group: a window of event time that slides in steps.
//
// A step is a number of the window's steps since 1970. Those of the window that ends at `end` are [end - steps, end).
// Records come in about the order of their times: at most `slack` steps behind the newest one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "consumer/monitor/rules/rule.h"
#include "consumer/monitor/sketch/quantiles.h"
#include "sluice/v1/monitor_state.pb.h"

namespace sluice::monitor {

// How the windows of a rule are cut. Immutable.
struct WindowShape {
  // `lateness`: how far behind the newest record one may be.
  WindowShape(const Rule& rule, absl::Duration lateness);

  int64_t StepOf(int64_t unix_nanos) const;
  // The value of so many records; of kCount, kRate, kDistinct.
  double ValueOf(uint64_t count) const;
  // The least number of records whose value is above `threshold`; UINT64_MAX: no number is. Of the same conditions.
  uint64_t CountAbove(double threshold) const;
  absl::Time TimeOf(int64_t boundary) const { return absl::FromUnixNanos(boundary * step_nanos); }

  Condition condition;
  double quantile;
  uint64_t minimum;
  int64_t steps;
  int64_t step_nanos;
  int64_t slack;
};

// A record, as its condition looks at it.
struct Sample {
  double number = 0;   // kAverage, kPercentile
  bool part = false;   // kRatio: it matches `of`, too
  uint64_t value = 0;  // kDistinct: its hash
};

// Not thread-safe. Pure.
class Window {
 public:
  struct Reading {
    bool known = false;
    double value = 0;
  };

  // `shape` outlives it; `values` counts the different values of all windows of the rule.
  Window(const WindowShape* shape, size_t* values);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Moves the newest window on to this step, if it is not there yet.
  void Reach(int64_t step) {
    if (step > newest_) MoveNewest(step);
  }
  // False if it has no room for one more value (Rule::kValuesMax).
  bool Add(int64_t step, const Sample& sample);
  // The window that ends at `end`.
  Reading Read(int64_t end) const;
  // Records in it.
  uint64_t CountBefore(int64_t end) const;
  // Records in the one that ends with the step of the newest record. It can only grow with records of that step.
  uint64_t newest_count() const { return newest_count_; }
  // No window that may still be read has more records (kDistinct: values).
  uint64_t count_max() const { return kept_count_; }
  // No record in the window that ends at `end`.
  bool EmptyAt(int64_t end) const { return newest_ < end - shape_->steps; }
  // The step of the newest record.
  int64_t newest() const { return newest_; }
  // Gives back what no window that ends at `end` or later needs.
  void Forget(int64_t end);

  void Save(v1::MonitorWindow* out) const;
  absl::Status Load(const v1::MonitorWindow& in);

 private:
  static constexpr int64_t kNever = INT64_MIN / 2;
  struct Step {
    int64_t step = kNever;
    uint64_t count = 0;
    uint64_t part = 0;
    double sum = 0;
  };

  size_t PlaceOf(int64_t step) const;
  // The step's place, emptied if another step was there.
  Step* Open(int64_t step);
  const Step* FindStep(int64_t step) const;
  void MoveNewest(int64_t step);
  bool InNewest(int64_t step) const { return step > newest_ - shape_->steps; }
  bool AddValue(int64_t step, uint64_t value);
  Reading ToReading(uint64_t count, uint64_t part, double sum) const;

  const WindowShape* const shape_;
  size_t* const values_;
  int64_t newest_ = kNever;
  uint64_t newest_count_ = 0;                         // of the window that ends behind newest_
  uint64_t kept_count_ = 0;                           // of all of steps_
  std::vector<Step> steps_;                           // a ring
  Step* open_ = nullptr;                              // the one that was opened last
  std::vector<sketch::Quantiles> quantiles_;          // of kPercentile, beside steps_
  absl::flat_hash_map<uint64_t, int64_t> last_step_;  // of kDistinct: of each value; the steps count these
};

}  // namespace sluice::monitor
