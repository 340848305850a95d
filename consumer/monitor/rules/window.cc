#include "consumer/monitor/rules/window.h"

#include <algorithm>

#include "base/status.h"

namespace sluice::monitor {
namespace {

// A window has so many steps; fewer if one would be shorter than kStepMin.
constexpr int64_t kSteps = 120;
constexpr int64_t kStepsOfPercentiles = 30;  // a sketch each
constexpr absl::Duration kStepMin = absl::Milliseconds(100);

}  // namespace

WindowShape::WindowShape(const Rule& rule, absl::Duration lateness)
    : condition(rule.condition), quantile(rule.quantile), minimum(rule.minimum) {
  const int64_t steps_max = condition == Condition::kPercentile ? kStepsOfPercentiles : kSteps;
  steps = std::clamp<int64_t>(rule.window / kStepMin, 1, steps_max);
  step_nanos = absl::ToInt64Nanoseconds(rule.window) / steps;
  slack = absl::ToInt64Nanoseconds(lateness) / step_nanos + 3;
}

int64_t WindowShape::StepOf(int64_t unix_nanos) const {
  return unix_nanos / step_nanos - (unix_nanos % step_nanos < 0 ? 1 : 0);
}

double WindowShape::ValueOf(uint64_t count) const {
  const auto n = static_cast<double>(count);
  return condition == Condition::kRate ? n * 1e9 / static_cast<double>(steps * step_nanos) : n;
}

uint64_t WindowShape::CountAbove(double threshold) const {
  constexpr double kCountMax = 1e15;  // neighbours differ as doubles, and no window has more
  const double estimate =
      condition == Condition::kRate ? threshold * static_cast<double>(steps * step_nanos) * 1e-9 : threshold;
  if (estimate >= kCountMax) return UINT64_MAX;
  // The estimate is rounded otherwise than values are.
  auto count = static_cast<uint64_t>(std::max(0.0, estimate));
  while (count > 0 && ValueOf(count - 1) > threshold) --count;
  while (ValueOf(count) <= threshold) ++count;
  return count;
}

Window::Window(const WindowShape* shape, size_t* values)
    : shape_(shape), values_(values), steps_(static_cast<size_t>(shape->steps + shape->slack)) {
  if (shape->condition == Condition::kPercentile) quantiles_.resize(steps_.size());
}

Window::~Window() { *values_ -= last_step_.size(); }

size_t Window::PlaceOf(int64_t step) const {
  const auto size = static_cast<int64_t>(steps_.size());
  return static_cast<size_t>((step % size + size) % size);
}

Window::Step* Window::Open(int64_t step) {
  if (open_ != nullptr && open_->step == step) return open_;
  const size_t place = PlaceOf(step);
  if (steps_[place].step != step) {
    kept_count_ -= steps_[place].count;
    steps_[place] = {.step = step};
    if (!quantiles_.empty()) quantiles_[place].Clear();
  }
  open_ = &steps_[place];
  return open_;
}

const Window::Step* Window::FindStep(int64_t step) const {
  const Step& found = steps_[PlaceOf(step)];
  return found.step == step ? &found : nullptr;
}

void Window::MoveNewest(int64_t step) {
  const int64_t first = std::max(newest_ + 1, step - static_cast<int64_t>(steps_.size()));
  if (step - newest_ > shape_->steps) {
    newest_count_ = 0;
  } else {
    for (int64_t entered = first; entered <= step; ++entered) {
      if (const Step* left = FindStep(entered - shape_->steps)) newest_count_ -= left->count;
    }
  }
  newest_ = step;
}

bool Window::AddValue(int64_t step, uint64_t value) {
  const auto found = last_step_.find(value);
  if (found == last_step_.end()) {
    if (*values_ >= Rule::kValuesMax) return false;
    last_step_.emplace(value, step);
    ++*values_;
  } else {
    if (found->second >= step) return true;
    if (const Step* before = FindStep(found->second)) {
      --steps_[PlaceOf(before->step)].count;
      --kept_count_;
      if (InNewest(before->step)) --newest_count_;
    }
    found->second = step;
  }
  ++Open(step)->count;
  ++kept_count_;
  if (InNewest(step)) ++newest_count_;
  return true;
}

bool Window::Add(int64_t step, const Sample& sample) {
  Reach(step);
  if (shape_->condition == Condition::kDistinct) return AddValue(step, sample.value);
  Step* const place = Open(step);
  ++place->count;
  ++kept_count_;
  place->part += sample.part ? 1 : 0;
  place->sum += sample.number;
  if (!quantiles_.empty()) quantiles_[static_cast<size_t>(place - steps_.data())].Add(sample.number);
  if (InNewest(step)) ++newest_count_;
  return true;
}

Window::Reading Window::Read(int64_t end) const {
  // Of a value only the last step is known: one that came in the window, and again behind it, counts behind it.
  const int64_t last = shape_->condition == Condition::kDistinct ? newest_ : end - 1;
  uint64_t count = 0;
  uint64_t part = 0;
  double sum = 0;
  sketch::Quantiles quantiles;
  for (int64_t step = end - shape_->steps; step <= std::min(last, newest_); ++step) {
    const Step* const found = FindStep(step);
    if (found == nullptr) continue;
    count += found->count;
    part += found->part;
    sum += found->sum;
    if (!quantiles_.empty()) quantiles.Merge(quantiles_[PlaceOf(step)]);
  }
  if (shape_->condition != Condition::kPercentile) return ToReading(count, part, sum);
  return {.known = count >= shape_->minimum, .value = quantiles.Quantile(shape_->quantile)};
}

uint64_t Window::CountBefore(int64_t end) const {
  uint64_t count = 0;
  for (int64_t step = std::max(end - shape_->steps, newest_ - static_cast<int64_t>(steps_.size())); step < end;
       ++step) {
    if (const Step* const found = FindStep(step)) count += found->count;
  }
  return count;
}

Window::Reading Window::ToReading(uint64_t count, uint64_t part, double sum) const {
  const auto n = static_cast<double>(count);
  const bool known = count >= shape_->minimum && count > 0;
  switch (shape_->condition) {
    case Condition::kCount:
    case Condition::kDistinct:
    case Condition::kRate:
      return {.known = true, .value = shape_->ValueOf(count)};
    case Condition::kAverage:
      return {.known = known, .value = known ? sum / n : 0};
    case Condition::kRatio:
      return {.known = known, .value = known ? static_cast<double>(part) / n : 0};
    case Condition::kPercentile:
    case Condition::kAbsence:
      break;
  }
  return {};
}

void Window::Forget(int64_t end) {
  const int64_t oldest = end - shape_->steps;
  const size_t before = last_step_.size();
  absl::erase_if(last_step_, [oldest](const auto& value) { return value.second < oldest; });
  *values_ -= before - last_step_.size();
}

void Window::Save(v1::MonitorWindow* out) const {
  out->set_newest(newest_);
  for (size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (step.step <= newest_ - static_cast<int64_t>(steps_.size()) || step.count == 0) continue;
    v1::MonitorStep* const saved = out->add_steps();
    saved->set_step(step.step);
    saved->set_count(step.count);
    saved->set_part(step.part);
    saved->set_sum(step.sum);
    if (!quantiles_.empty()) saved->set_quantiles(quantiles_[i].Encode());
  }
  for (const auto& [value, step] : last_step_) {
    out->add_hashes(value);
    out->add_hash_steps(step);
  }
}

absl::Status Window::Load(const v1::MonitorWindow& in) {
  newest_ = in.newest();
  for (const v1::MonitorStep& saved : in.steps()) {
    Step* const step = Open(saved.step());
    step->count = saved.count();
    kept_count_ += saved.count();
    step->part = saved.part();
    step->sum = saved.sum();
    if (InNewest(saved.step())) newest_count_ += saved.count();
    if (quantiles_.empty()) continue;
    SLUICE_ASSIGN_OR_RETURN(quantiles_[PlaceOf(saved.step())], sketch::Quantiles::Decode(saved.quantiles()));
  }
  if (in.hashes_size() != in.hash_steps_size())
    return DataLoss("a window with ", in.hashes_size(), " values and ", in.hash_steps_size(), " steps of values");
  for (int i = 0; i < in.hashes_size(); ++i) last_step_.emplace(in.hashes(i), in.hash_steps(i));
  *values_ += last_step_.size();
  return absl::OkStatus();
}

}  // namespace sluice::monitor
