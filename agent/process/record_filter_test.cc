#include "agent/process/record_filter.h"

#include <string>
#include <string_view>

#include "base/status.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using enum v1::Severity;
using Verdict = RecordFilter::Verdict;

RecordFilter Filter(const FilterOptions& options) {
  absl::StatusOr<RecordFilter> filter = RecordFilter::Create(options);
  EXPECT_TRUE(filter.ok()) << filter.status();
  return *filter;
}

bool Keeps(const RecordFilter& filter, std::string_view body, v1::Severity severity) {
  return filter.Judge(body, severity, 1, 2) == Verdict::kKeep;
}

TEST(RecordFilterTest, NothingConfiguredKeepsEverything) {
  EXPECT_FALSE(Filter({}).active());
  EXPECT_TRUE(Keeps(Filter({}), "x", SEVERITY_TRACE));
}

TEST(RecordFilterTest, TheNamedSeverityStaysWhetherKeptOrDroppedBelow) {
  for (const RecordFilter& filter :
       {Filter({.keep = {{.severity = SEVERITY_WARN}}}), Filter({.drop = {{.severity = SEVERITY_WARN}}})}) {
    EXPECT_TRUE(filter.active());
    EXPECT_FALSE(Keeps(filter, "x", SEVERITY_INFO4));
    EXPECT_TRUE(Keeps(filter, "x", SEVERITY_WARN));
    EXPECT_TRUE(Keeps(filter, "x", SEVERITY_FATAL));
    EXPECT_TRUE(Keeps(filter, "x", SEVERITY_UNSPECIFIED)) << "not known: never dropped for its severity";
  }
}

TEST(RecordFilterTest, AnyKeepRuleKeepsAndAnyDropRuleDrops) {
  const RecordFilter keep = Filter({.keep = {{.severity = SEVERITY_ERROR}, {.regex = "audit"}}});
  EXPECT_TRUE(Keeps(keep, "an audit", SEVERITY_INFO));
  EXPECT_TRUE(Keeps(keep, "x", SEVERITY_ERROR));
  EXPECT_FALSE(Keeps(keep, "x", SEVERITY_INFO));
  const RecordFilter drop = Filter({.drop = {{.regex = "^GET /healthz"}, {.severity = SEVERITY_DEBUG}}});
  EXPECT_FALSE(Keeps(drop, "GET /healthz 200", SEVERITY_ERROR));
  EXPECT_FALSE(Keeps(drop, "x", SEVERITY_TRACE));
  EXPECT_TRUE(Keeps(drop, "POST /healthz", SEVERITY_INFO));
}

TEST(RecordFilterTest, WhatARuleAsksForHoldsTogether) {
  const RecordFilter drop = Filter({.drop = {{.severity = SEVERITY_WARN, .regex = "healthz"}}});
  EXPECT_FALSE(Keeps(drop, "healthz", SEVERITY_INFO));
  EXPECT_TRUE(Keeps(drop, "healthz", SEVERITY_ERROR));
  EXPECT_TRUE(Keeps(drop, "other", SEVERITY_INFO));
}

TEST(RecordFilterTest, DropComesAfterKeep) {
  const RecordFilter filter = Filter({.keep = {{.regex = "a"}}, .drop = {{.regex = "b"}}});
  EXPECT_TRUE(Keeps(filter, "a", SEVERITY_INFO));
  EXPECT_FALSE(Keeps(filter, "ab", SEVERITY_INFO));
}

TEST(RecordFilterTest, SamplesOneOfSoManyAndTheSameEachTime) {
  const RecordFilter filter = Filter({.sample_rate = 10, .sample_below = SEVERITY_WARN});
  int kept = 0;
  constexpr int kRecords = 20'000;
  for (uint64_t offset = 0; offset < kRecords; ++offset) {
    const Verdict verdict = filter.Judge("x", SEVERITY_INFO, 7, offset * 100);
    kept += verdict == Verdict::kKeep ? 1 : 0;
    ASSERT_EQ(filter.Judge("other", SEVERITY_DEBUG, 7, offset * 100), verdict) << "only where it stands counts";
    ASSERT_EQ(filter.Judge("x", SEVERITY_WARN, 7, offset * 100), Verdict::kKeep);
    ASSERT_EQ(filter.Judge("x", SEVERITY_UNSPECIFIED, 7, offset * 100), Verdict::kKeep);
  }
  EXPECT_NEAR(kept, kRecords / 10, 200);
}

TEST(RecordFilterTest, SamplesAllSeveritiesUnlessTold) {
  const RecordFilter filter = Filter({.sample_rate = 1'000'000});
  EXPECT_EQ(filter.Judge("x", SEVERITY_FATAL, 3, 4), Verdict::kSampledOut);
  EXPECT_EQ(filter.Judge("x", SEVERITY_UNSPECIFIED, 3, 4), Verdict::kSampledOut);
}

TEST(RecordFilterTest, TheSeedIsTheFilesAndNotItsDevices) {
  v1::FileIdentity file;
  file.set_inode(5);
  file.set_birth_time_unix_nano(6);
  const uint64_t seed = RecordFilter::SeedOf(file);
  file.set_device(9);
  EXPECT_EQ(RecordFilter::SeedOf(file), seed);
  file.set_generation(1);
  EXPECT_NE(RecordFilter::SeedOf(file), seed);
}

TEST(RecordFilterTest, TellsWhichRuleIsWrong) {
  EXPECT_EQ(MessageOf(RecordFilter::Create({.keep = {{.regex = "a"}, {.regex = "("}}}).status()),
            "keep[1]: found \"(\"; it is no RE2 expression: missing ): (");
  EXPECT_EQ(MessageOf(RecordFilter::Create({.drop = {{}}}).status()), "drop[0]: a rule needs a severity or a regex");
}

}  // namespace
}  // namespace sluice::agent
