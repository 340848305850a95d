#include "consumer/monitor/sketch/distinct_count.h"

#include <cmath>
#include <string>

#include "base/hash.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::monitor::sketch {
namespace {

uint64_t Hash(int i) { return Xxh3(StrCat("client-", i)); }

TEST(DistinctCountTest, IsWithinItsStatedError) {
  EXPECT_EQ(DistinctCount().Estimate(), 0);
  for (int count : {1, 2, 10, 100}) {
    DistinctCount sketch;
    for (int i = 0; i < count; ++i) sketch.Add(Hash(i));
    EXPECT_NEAR(sketch.Estimate(), count, 0.5 + count * 2 * DistinctCount::kStandardError);
  }
  // The hash is fixed, so are the estimates.
  DistinctCount sketch;
  for (int i = 0, next = 1000; i < 1'000'000; ++i) {
    sketch.Add(Hash(i));
    sketch.Add(Hash(i / 2));  // was there already
    if (i + 1 != next) continue;
    EXPECT_NEAR(sketch.Estimate(), next, 3 * DistinctCount::kStandardError * next);
    next += next / 2;
  }
}

// The root mean square of the error over many different sets is the standard error.
TEST(DistinctCountTest, HasTheStandardErrorThatItStates) {
  double squares = 0;
  constexpr int kSets = 60;
  constexpr int kCount = 40'000;
  for (int set = 0; set < kSets; ++set) {
    DistinctCount sketch;
    for (int i = 0; i < kCount; ++i) sketch.Add(Hash(set * kCount + i));
    const double error = sketch.Estimate() / kCount - 1;
    squares += error * error;
  }
  EXPECT_LT(std::sqrt(squares / kSets), 1.3 * DistinctCount::kStandardError);
}

TEST(DistinctCountTest, CountsExtremeHashes) {
  DistinctCount sketch;
  sketch.Add(0);
  sketch.Add(UINT64_MAX);
  EXPECT_EQ(std::lround(sketch.Estimate()), 2);
  EXPECT_TRUE(DistinctCount::Decode(sketch.Encode()).ok());
}

TEST(DistinctCountTest, MergesExactly) {
  DistinctCount a;
  DistinctCount b;
  DistinctCount both;
  for (int i = 0; i < 50'000; ++i) {
    (i % 3 == 0 ? a : b).Add(Hash(i));
    both.Add(Hash(i));
  }
  a.Merge(b);
  EXPECT_EQ(a.Encode(), both.Encode());
  a.Clear();
  EXPECT_EQ(a.Encode(), DistinctCount().Encode());
}

TEST(DistinctCountTest, HasTheseBytes) {
  DistinctCount sketch;
  EXPECT_EQ(sketch.Encode(), std::string("\x08\x0e\x1a\x00", 4));
  sketch.Add(uint64_t{3} << 50 | uint64_t{1} << 49);    // register 3, rank 1
  sketch.Add(uint64_t{300} << 50 | uint64_t{1} << 40);  // register 300, rank 10
  const std::string golden("\x08\x0e\x1a\x05\x03\x01\xa8\x02\x0a", 9);
  EXPECT_EQ(sketch.Encode(), golden);
  EXPECT_EQ(DistinctCount::Decode(golden)->Encode(), golden);

  for (int i = 0; i < 100'000; ++i) sketch.Add(Hash(i));
  EXPECT_EQ(sketch.Encode().size(), DistinctCount::kRegisters + 6);
  EXPECT_EQ(DistinctCount::Decode(sketch.Encode())->Estimate(), sketch.Estimate());
}

TEST(DistinctCountTest, RefusesOtherBytes) {
  for (const std::string& bytes :
       {std::string(), std::string("\x08\x0d"), std::string("\x08\x0e\x1a\x01\x01"),
        std::string("\x08\x0e\x1a\x02\x01\x7f"), std::string("\x08\x0e\x1a\x04\x80\x80\x01\x01"),
        std::string("\x08\x0e\x12\x01x"), std::string("\x08\x0e\x12\x05x")}) {
    EXPECT_FALSE(DistinctCount::Decode(bytes).ok()) << testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace sluice::monitor::sketch
