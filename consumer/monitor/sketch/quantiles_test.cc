#include "consumer/monitor/sketch/quantiles.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/strings.h"
#include "base/test_seed.h"
#include "gtest/gtest.h"

namespace sluice::monitor::sketch {
namespace {

constexpr double kQuantiles[] = {0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1};

// Each quantile is within the stated error of the exact one.
void Check(const Quantiles& sketch, std::vector<double> exact) {
  std::ranges::sort(exact);
  ASSERT_EQ(sketch.count(), exact.size());
  EXPECT_EQ(sketch.max(), exact.back());
  for (double q : kQuantiles) {
    size_t rank = 0;
    while (static_cast<double>(rank + 1) < q * static_cast<double>(exact.size()) - 1e-9) ++rank;
    const double value = exact[rank];
    EXPECT_NEAR(sketch.Quantile(q), value, Quantiles::kRelativeError * value * (1 + 1e-9)) << q;
  }
}

TEST(QuantilesTest, AreWithinTheStatedErrorOfTheExactOnes) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> latencies(-3, 1.5);
  std::uniform_real_distribution<double> even(1e-9, 1e9);
  std::exponential_distribution<double> small(1e6);
  for (int kind = 0; kind < 3; ++kind) {
    Quantiles sketch;
    std::vector<double> exact;
    for (int i = 0; i < 20'000; ++i) {
      exact.push_back(std::max(1e-9, kind == 0 ? latencies(random) : kind == 1 ? even(random) : small(random)));
      sketch.Add(exact.back());
    }
    Check(sketch, exact);
  }
}

TEST(QuantilesTest, KnowNothingWithoutValuesAndAllOfOne) {
  Quantiles sketch;
  EXPECT_EQ(sketch.Quantile(0.5), 0);
  EXPECT_EQ(sketch.count(), 0u);
  sketch.Add(0.25);
  Check(sketch, {0.25});
  sketch.Clear();
  EXPECT_EQ(sketch.Quantile(1), 0);
  sketch.Add(7);
  Check(sketch, {7});
}

TEST(QuantilesTest, BoundTheirMemoryWhateverComes) {
  Quantiles sketch;
  for (double value : {0.0, -1.0, 1e-300, 1e300, std::numeric_limits<double>::infinity(), 1e-9, 1e9,
                       std::numeric_limits<double>::quiet_NaN()}) {
    sketch.Add(value);
  }
  EXPECT_EQ(sketch.count(), 7u);
  EXPECT_EQ(sketch.Quantile(0), 0);
  EXPECT_NEAR(sketch.Quantile(1), 1e9, 1e7);
  EXPECT_LT(sketch.Encode().size(), 3000u);
}

TEST(QuantilesTest, MergeExactly) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> values(0, 4);
  Quantiles a;
  Quantiles b;
  std::vector<double> exact;
  for (int i = 0; i < 5000; ++i) {
    exact.push_back(values(random));
    (i % 5 == 0 ? a : b).Add(exact.back());
  }
  a.Merge(b);
  Check(a, exact);
  a.Merge(Quantiles());
  Check(a, exact);
}

TEST(QuantilesTest, HaveTheseBytes) {
  Quantiles sketch;
  EXPECT_EQ(sketch.Encode(), std::string("\x08\x00\x10\x00\x18\x00\x20\x00\x2a\x00", 10));
  sketch.Add(0);
  sketch.Add(1);
  sketch.Add(1.03);
  const std::string golden(
      "\x08\x01"
      "\x10\xfb\xa8\xb8\xbd\x94\xdc\x9e\xf8\x3f"
      "\x18\xbe\x94\xdc\x9e\x8a\xae\x8f\x80\x40"
      "\x20\x8c\x08\x2a\x03\x01\x00\x01",
      30);
  EXPECT_EQ(testing::PrintToString(sketch.Encode()), testing::PrintToString(golden));
  absl::StatusOr<Quantiles> decoded = Quantiles::Decode(sketch.Encode());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->count(), 3u);
  for (double q : kQuantiles) EXPECT_EQ(decoded->Quantile(q), sketch.Quantile(q));
  EXPECT_EQ(decoded->sum(), sketch.sum());
}

TEST(QuantilesTest, RefuseOtherBytes) {
  for (std::string_view bytes : {"\x08", "x", "\x20\xff\xff\x01\x2a\x01\x01", "\x2a\x01\x80"}) {
    EXPECT_FALSE(Quantiles::Decode(bytes).ok()) << testing::PrintToString(std::string(bytes));
  }
}

}  // namespace
}  // namespace sluice::monitor::sketch
