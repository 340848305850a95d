#include "consumer/monitor/rules/window.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

WindowShape Shape(Condition condition, absl::Duration window = absl::Seconds(120), uint64_t minimum = 1) {
  Rule rule;
  rule.condition = condition;
  rule.window = window;
  rule.minimum = minimum;
  rule.quantile = 0.5;
  return WindowShape(rule, absl::Seconds(5));
}

TEST(WindowShapeTest, CutsWindowsIntoSteps) {
  EXPECT_EQ(Shape(Condition::kCount).step_nanos, 1'000'000'000);
  EXPECT_EQ(Shape(Condition::kCount, absl::Seconds(1)).steps, 10);
  EXPECT_EQ(Shape(Condition::kPercentile).steps, 30);
  const WindowShape shape = Shape(Condition::kCount);
  EXPECT_EQ(shape.StepOf(1'999'000'000), 1);
  EXPECT_EQ(shape.StepOf(2'000'000'000), 2);
  EXPECT_EQ(shape.StepOf(-1), -1);
}

TEST(WindowTest, CountsWhatLiesBetweenItsEdges) {
  const WindowShape shape = Shape(Condition::kCount);
  size_t values = 0;
  Window window(&shape, &values);
  window.Add(1000, {});
  window.Add(1001, {});
  window.Add(1119, {});
  EXPECT_EQ(window.newest_count(), 3);
  EXPECT_EQ(window.Read(1001).value, 1);  // what comes behind it does not count
  EXPECT_EQ(window.Read(1120).value, 3);
  EXPECT_EQ(window.Read(1121).value, 2);
  window.Add(1120, {});
  EXPECT_EQ(window.newest_count(), 3);
  window.Add(1118, {});  // out of order
  EXPECT_EQ(window.newest_count(), 4);
  window.Add(5000, {});  // a gap
  EXPECT_EQ(window.newest_count(), 1);
  EXPECT_EQ(window.Read(4999).value, 0);
  EXPECT_TRUE(window.EmptyAt(5121));
  EXPECT_FALSE(window.EmptyAt(5120));
}

TEST(WindowTest, CountsTheSameInEveryOrder) {
  const WindowShape shape = Shape(Condition::kCount, absl::Seconds(12));
  for (const int stride : {1, 3, 7}) {
    size_t values = 0;
    Window window(&shape, &values);
    // Within a few steps, in different orders.
    for (int64_t base = 0; base < 500; base += 11) {
      for (int i = 0; i < 11; ++i) window.Add(base + i * stride % 11, {});
      EXPECT_EQ(window.newest_count(), std::min<int64_t>(base + 11, 120)) << stride;
    }
  }
}

TEST(WindowTest, AveragesAndDividesOnlyWithEnoughRecords) {
  const WindowShape average = Shape(Condition::kAverage, absl::Seconds(120), 2);
  size_t values = 0;
  Window numbers(&average, &values);
  EXPECT_FALSE(numbers.Read(1).known);
  numbers.Add(0, {.number = 10});
  EXPECT_FALSE(numbers.Read(1).known);
  numbers.Add(0, {.number = 20});
  EXPECT_TRUE(numbers.Read(1).known);
  EXPECT_EQ(numbers.Read(1).value, 15);

  const WindowShape ratio = Shape(Condition::kRatio);
  Window parts(&ratio, &values);
  for (int i = 0; i < 4; ++i) parts.Add(i, {.part = i == 0});
  EXPECT_EQ(parts.Read(4).value, 0.25);
  EXPECT_FALSE(parts.Read(500).known);
}

TEST(WindowTest, CountsDistinctValuesOnceAndByTheirLastStep) {
  const WindowShape shape = Shape(Condition::kDistinct);
  size_t values = 0;
  {
    Window window(&shape, &values);
    window.Add(0, {.value = 1});
    window.Add(1, {.value = 1});
    window.Add(1, {.value = 2});
    window.Add(0, {.value = 2});  // out of order: known already
    EXPECT_EQ(window.newest_count(), 2);
    window.Add(119, {.value = 3});
    window.Add(120, {.value = 2});
    EXPECT_EQ(window.newest_count(), 3);
    EXPECT_EQ(window.Read(122).value, 2);
    window.Forget(122);
    EXPECT_EQ(values, 2);
    window.Add(123, {.value = 1});
    EXPECT_EQ(window.newest_count(), 3);
  }
  EXPECT_EQ(values, 0);
}

TEST(WindowTest, KeepsNoMoreValuesThanTheBound) {
  const WindowShape shape = Shape(Condition::kDistinct);
  size_t values = 0;
  Window window(&shape, &values);
  for (uint64_t i = 0; i < Rule::kValuesMax; ++i) ASSERT_TRUE(window.Add(0, {.value = i}));
  EXPECT_FALSE(window.Add(0, {.value = Rule::kValuesMax}));
  EXPECT_TRUE(window.Add(1, {.value = 5}));
  EXPECT_EQ(window.newest_count(), Rule::kValuesMax);
}

TEST(WindowTest, FindsPercentilesWithinOnePercent) {
  const WindowShape shape = Shape(Condition::kPercentile);
  size_t values = 0;
  Window window(&shape, &values);
  for (int i = 1; i <= 101; ++i) window.Add(i % 10, {.number = static_cast<double>(i)});
  EXPECT_NEAR(window.Read(10).value, 51, 0.6);
  EXPECT_FALSE(window.Read(100).known);
}

TEST(WindowTest, GoesOnFromItsSavedForm) {
  for (const Condition condition :
       {Condition::kCount, Condition::kAverage, Condition::kRatio, Condition::kDistinct, Condition::kPercentile}) {
    const WindowShape shape = Shape(condition);
    size_t values = 0;
    Window one(&shape, &values);
    Window other(&shape, &values);
    const auto add = [](Window* window, int64_t i) {
      window->Add(
          i, {.number = static_cast<double>(i * 7 % 13), .part = i % 3 == 0, .value = static_cast<uint64_t>(i % 17)});
    };
    for (int64_t i = 0; i < 300; ++i) add(&one, i);
    v1::MonitorWindow saved;
    one.Save(&saved);
    ASSERT_TRUE(other.Load(saved).ok());
    for (int64_t i = 300; i < 400; ++i) {
      add(&one, i);
      add(&other, i);
      ASSERT_EQ(one.Read(i).known, other.Read(i).known);
      ASSERT_EQ(one.Read(i).value, other.Read(i).value) << static_cast<int>(condition) << " " << i;
      ASSERT_EQ(one.newest_count(), other.newest_count());
    }
  }
}

TEST(WindowShapeTest, KnowsFromHowManyRecordsOnTheValueIsAboveAThreshold) {
  const auto shape = [](Condition condition, absl::Duration window) {
    Rule rule;
    rule.condition = condition;
    rule.window = window;
    return WindowShape(rule, absl::Seconds(5));
  };
  const WindowShape count = shape(Condition::kCount, absl::Minutes(5));
  for (const auto& [threshold, least] :
       {std::pair<double, uint64_t>{-1, 0}, {0, 1}, {0.5, 1}, {1, 2}, {9.99, 10}, {1e14, 100'000'000'000'001}}) {
    EXPECT_EQ(count.CountAbove(threshold), least) << threshold;
  }
  EXPECT_EQ(count.CountAbove(1e15), UINT64_MAX);
  EXPECT_EQ(shape(Condition::kRate, absl::Minutes(2)).CountAbove(10), 1201);  // high traffic
  // Windows and thresholds whose quotients are no round numbers.
  for (int64_t millis = 1000; millis < 700'000'000; millis = millis * 7 / 3 + 1) {
    const WindowShape rate = shape(Condition::kRate, absl::Milliseconds(millis));
    for (double threshold = 1e-6; threshold < 1e7; threshold *= 1.7) {
      const uint64_t least = rate.CountAbove(threshold);
      ASSERT_GT(rate.ValueOf(least), threshold) << millis;
      ASSERT_LE(rate.ValueOf(least - 1), threshold) << millis;
    }
  }
}

}  // namespace
}  // namespace sluice::monitor
