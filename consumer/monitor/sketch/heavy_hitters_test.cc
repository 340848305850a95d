#include "consumer/monitor/sketch/heavy_hitters.h"

#include <cmath>
#include <map>
#include <random>
#include <string>

#include "base/strings.h"
#include "base/test_seed.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor::sketch {
namespace {

using Exact = std::map<std::string, uint64_t>;

// "a=5 b=3-1": count, and what of it may be of others.
std::string Show(const HeavyHitters& sketch, size_t n) {
  std::string text;
  for (size_t place : sketch.Top(n)) {
    const HeavyHitters::Counter& c = sketch.counters()[place];
    StrAppend(&text, text.empty() ? "" : " ", c.key, "=", c.count);
    if (c.error != 0) StrAppend(&text, "-", c.error);
  }
  return text;
}

// What the header promises, against exact counts.
void Check(const HeavyHitters& sketch, const Exact& exact, uint64_t error_max) {
  uint64_t total = 0;
  std::map<std::string, bool> found;
  for (const auto& [key, count] : exact) total += count;
  EXPECT_EQ(sketch.total(), total);
  for (const HeavyHitters::Counter& c : sketch.counters()) {
    const auto at = exact.find(c.key);
    ASSERT_NE(at, exact.end()) << c.key;
    EXPECT_GE(c.count, at->second) << c.key;
    EXPECT_LE(c.count - c.error, at->second) << c.key;
    EXPECT_LE(c.error, error_max) << c.key;
    EXPECT_TRUE(found.emplace(c.key, true).second) << c.key << " has two counters";
  }
  for (const auto& [key, count] : exact) {
    if (count > error_max) EXPECT_TRUE(found.contains(key)) << key << " came " << count << " times";
  }
}

TEST(HeavyHittersTest, IsExactWhileEachKeyHasACounter) {
  HeavyHitters sketch(4);
  for (const char* key : {"a", "b", "a", "c", "a", "b"}) sketch.Add(key);
  EXPECT_EQ(Show(sketch, 9), "a=3 b=2 c=1");
  EXPECT_EQ(Show(sketch, 1), "a=3");
  EXPECT_EQ(sketch.total(), 6u);
}

TEST(HeavyHittersTest, TellsWhenACounterIsTakenOver) {
  HeavyHitters sketch(2);
  EXPECT_TRUE(sketch.Add("a", 5).taken_over);
  EXPECT_FALSE(sketch.Add("a").taken_over);
  const HeavyHitters::Place b = sketch.Add("b", 2);
  const HeavyHitters::Place c = sketch.Add("c");
  EXPECT_TRUE(c.taken_over);
  EXPECT_EQ(c.counter, b.counter);
  EXPECT_EQ(Show(sketch, 9), "a=6 c=3-2");
  EXPECT_EQ(Show(sketch, 0), "");
}

TEST(HeavyHittersTest, KeepsItsPromisesAgainstExactCounts) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  for (size_t capacity : {1, 2, 7, 64, 1000}) {
    HeavyHitters sketch(capacity);
    Exact exact;
    for (int i = 0; i < 30'000; ++i) {
      // Few keys often, many seldom.
      const double u = std::generate_canonical<double, 53>(random);
      const std::string key = StrCat("/", static_cast<int>(std::pow(5000.0, u)));
      sketch.Add(key);
      ++exact[key];
    }
    Check(sketch, exact, sketch.total() / capacity);
  }
}

TEST(HeavyHittersTest, FindsTheLargeOnesAmongAMillionDifferentKeys) {
  HeavyHitters sketch(1024);
  for (int i = 0; i < 1'000'000; ++i) {
    sketch.Add(StrCat("/section-", i));
    if (i % 20 == 0) sketch.Add("/pages");
    if (i % 50 == 0) sketch.Add("/api");
  }
  EXPECT_EQ(sketch.counters().size(), 1024u);
  const HeavyHitters::Counter& first = sketch.counters()[sketch.Top(2)[0]];
  const HeavyHitters::Counter& second = sketch.counters()[sketch.Top(2)[1]];
  EXPECT_EQ(first.key, "/pages");
  EXPECT_EQ(second.key, "/api");
  EXPECT_NEAR(static_cast<double>(first.count), 50'000, 1'070'000 / 1024.0);
  EXPECT_NEAR(static_cast<double>(second.count), 20'000, 1'070'000 / 1024.0);
}

TEST(HeavyHittersTest, MergesAsIfAllHadComeToOne) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  HeavyHitters a(50);
  HeavyHitters b(50);
  Exact exact;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = StrCat(static_cast<int>(std::pow(900.0, std::generate_canonical<double, 53>(random))));
    (i % 3 == 0 ? a : b).Add(key);
    ++exact[key];
  }
  a.Merge(b);
  Check(a, exact, a.total() / 50 + 1);

  HeavyHitters small(4);
  HeavyHitters other(4);
  small.Add("a", 2);
  other.Add("a", 3);
  other.Add("b", 1);
  small.Merge(other);
  EXPECT_EQ(Show(small, 9), "a=5 b=1");
}

TEST(HeavyHittersTest, GoesOnAfterItsBytesWereReadAgain) {
  HeavyHitters whole(8);
  HeavyHitters interrupted(8);
  for (int i = 0; i < 500; ++i) {
    const std::string key = StrCat(i * i % 37);
    whole.Add(key);
    interrupted.Add(key);
    if (i % 50 == 0) interrupted = *HeavyHitters::Decode(interrupted.Encode());
  }
  EXPECT_EQ(interrupted.Encode(), whole.Encode());
}

TEST(HeavyHittersTest, CutsLongKeysBetweenCharacters) {
  HeavyHitters sketch(2);
  sketch.Add(std::string(255, 'x') + "é and more");
  EXPECT_EQ(sketch.counters()[0].key, std::string(255, 'x'));
}

TEST(HeavyHittersTest, HasTheseBytes) {
  HeavyHitters sketch(2);
  sketch.Add("/a", 300);
  sketch.Add("/b");
  sketch.Add("/c");
  const std::string golden("\x08\x02\x10\xae\x02\x1a\x07\x0a\x02/a\x10\xac\x02\x1a\x08\x0a\x02/c\x10\x02\x18\x01", 24);
  EXPECT_EQ(sketch.Encode(), golden);
  absl::StatusOr<HeavyHitters> decoded = HeavyHitters::Decode(golden);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(Show(*decoded, 9), "/a=300 /c=2-1");
  EXPECT_EQ(decoded->total(), 302u);
  EXPECT_EQ(decoded->Encode(), golden);
  decoded->Add("/c");
  EXPECT_EQ(Show(*decoded, 9), "/a=300 /c=3-1");
}

TEST(HeavyHittersTest, RefusesOtherBytes) {
  for (std::string_view bytes : {"", "\x08", "\x08\x01\x1a\x02\x0a\x05", "\x08\x01\x1a\x02\x18\x01",
                                 "\x08\x01\x1a\x03\x0a\x01x\x1a\x03\x0a\x01y", "x"}) {
    EXPECT_FALSE(HeavyHitters::Decode(bytes).ok()) << testing::PrintToString(std::string(bytes));
  }
}

}  // namespace
}  // namespace sluice::monitor::sketch
