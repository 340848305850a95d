#include "collector/subscribe/filter.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "collector/log/testing_batches.h"
#include "collector/testing/seed.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

v1::SubscribeRequest Topics(const std::vector<std::string>& topics) {
  v1::SubscribeRequest request;
  request.mutable_topics()->Add(topics.begin(), topics.end());
  return request;
}

Filter Compiled(const v1::SubscribeRequest& request) {
  absl::StatusOr<Filter> filter = Filter::Compile(request);
  EXPECT_TRUE(filter.ok()) << filter.status();
  return *std::move(filter);
}

TEST(FilterTest, MatchesTopicsByGlob) {
  struct {
    std::vector<std::string> topics;
    std::string topic;
    bool matches;
  } const cases[] = {
      {{}, "anything", true},
      {{"app"}, "app", true},
      {{"app"}, "app2", false},
      {{"app.*"}, "app.web.error", true},
      {{"app.*"}, "app", false},
      {{"*"}, "a.b", true},
      {{"a?"}, "ab", true},
      {{"[a-c]x"}, "bx", true},
      {{"[a-c]x"}, "dx", false},
      {{"{web,db}.error"}, "db.error", true},
      {{"none", "other", "app*"}, "app.x", true},
      {{}, "sluice.events", false},
      {{"*"}, "sluice.events", false},
      {{"app", "*.events"}, "sluice.events", false},
      {{"sluice.events"}, "sluice.events", true},
      {{"app", "sluice.*"}, "sluice.events", true},
      {{}, "sluice.other", true},
      {{"*"}, "sluice.eventsx", true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Compiled(Topics(c.topics)).MatchesTopic(c.topic), c.matches)
        << ::testing::PrintToString(c.topics) << " " << c.topic;
  }
}

TEST(FilterTest, SaysWhichFieldIsWrongAndWhy) {
  auto request = [](auto change) {
    v1::SubscribeRequest r;
    change(&r);
    return r;
  };
  struct {
    v1::SubscribeRequest request;
    std::string problem;
  } const cases[] = {
      {Topics({"ok", "app["}), "topics[1] 'app['"},
      {Topics({""}), "topics[0] is empty"},
      {Topics({std::string(1001, 'a')}), "topics[0] has 1001 bytes"},
      {Topics(std::vector<std::string>(1001, "a")), "topics has 1001 globs"},
      {request([](auto* r) { r->set_min_severity(static_cast<v1::Severity>(25)); }), "min_severity is 25"},
      {request([](auto* r) { r->set_min_severity(static_cast<v1::Severity>(-1)); }), "min_severity is -1"},
      {request([](auto* r) { r->set_regex("a(b"); }), "regex 'a(b': missing )"},
      {request([](auto* r) { r->set_regex("(?=x)"); }), "invalid perl operator"},
      {request([](auto* r) { r->set_regex("((a{100}){100}){100}"); }), "regex '((a{100}){100}){100}': "},
      {request([](auto* r) { r->set_regex("(\\pL\\pN){400}"); }), "pattern too large"},
      {request([](auto* r) { r->set_regex(std::string(5000, 'x')); }), "regex has 5000 bytes"},
      {request([](auto* r) { r->set_contains(std::string(100'000, 'x')); }), "contains has 100000 bytes"},
      {request([](auto* r) { r->mutable_start()->mutable_time()->set_seconds(-1); }), "start.time: seconds is -1"},
      {request([](auto* r) { r->mutable_end_time()->set_nanos(-1); }), "end_time: nanos is -1"},
      {request([](auto* r) {
         r->mutable_start()->mutable_time()->set_seconds(10);
         r->mutable_end_time()->set_seconds(10);
       }),
       "start.time is not before end_time"},
  };
  for (const auto& c : cases) {
    absl::StatusOr<Filter> filter = Filter::Compile(c.request);
    ASSERT_FALSE(filter.ok()) << c.problem;
    EXPECT_EQ(filter.status().code(), absl::StatusCode::kInvalidArgument) << c.problem;
    EXPECT_THAT(std::string(filter.status().message()), HasSubstr(c.problem));
  }
}

// The same question, answered from the generated classes, slowly.
bool OracleMatches(const v1::SubscribeRequest& request, const v1::LogRecord& record) {
  if (request.min_severity() != 0 && record.severity() < request.min_severity()) return false;
  const auto nanos = [](const google::protobuf::Timestamp& t) { return t.seconds() * 1'000'000'000 + t.nanos(); };
  const auto time = static_cast<int64_t>(record.time_unix_nano());
  if (request.start().has_time() && time < nanos(request.start().time())) return false;
  if (request.has_end_time() && time >= nanos(request.end_time())) return false;
  const std::string& line = record.raw_body().empty() ? record.body() : record.raw_body();
  if (line.find(request.contains()) == std::string::npos) return false;
  return request.regex().empty() || re2::RE2::PartialMatch(record.body(), request.regex());
}

TEST(FilterTest, AnExpressionSeesBytesThatAreNoTextAsTheyAreShown) {
  v1::LogBatch batch = testing::MakeBatch({});
  batch.mutable_records(0)->set_body("mid \uFFFD\uFFFD bad");
  batch.mutable_records(0)->set_raw_body("mid \xff\xfe bad");
  const PendingBatch pending = testing::Pend(batch);
  RecordCursor cursor(pending.view.bytes.substr(pending.view.records_begin));
  RecordView record;
  ASSERT_TRUE(cursor.Next(&record));
  v1::SubscribeRequest request;
  request.set_regex("mid .* bad");
  EXPECT_TRUE(Compiled(request).Matches(record));
  request.set_contains("\xff\xfe");
  EXPECT_TRUE(Compiled(request).Matches(record));
}

class Random {
 public:
  explicit Random(uint32_t seed) : random_(seed) {}
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  template <typename T>
  T OneOf(const std::vector<T>& choices) {
    return choices[Below(static_cast<int>(choices.size()))];
  }

 private:
  std::mt19937 random_;
};

v1::LogBatch RandomBatch(Random* random) {
  v1::LogBatch batch;
  batch.set_topic("app");
  batch.set_agent("web-1");
  batch.set_path("/var/log/needle");  // in the shared fields, not in a line
  const int records = 1 + random->Below(6);
  const int severities = 1 + random->Below(25);
  for (int i = 0; i < records; ++i) {
    v1::LogRecord* record = batch.add_records();
    record->set_offset(i * 10);
    record->set_time_unix_nano(random->Below(10) * int64_t{500'000'000});
    record->set_severity(static_cast<v1::Severity>(random->Below(severities)));
    record->set_severity_text(random->OneOf<std::string>({"", "needle"}));
    record->set_body(random->OneOf<std::string>({"", "a needle here", "nothing", "NEEDLE", "needle"}));
    if (random->Below(4) == 0) record->set_raw_body(random->OneOf<std::string>({"\xff needle", "\xfe", "need\xffle"}));
  }
  batch.set_end_offset(records * 10);
  testing::Summarise(&batch);
  return batch;
}

v1::SubscribeRequest RandomRequest(Random* random) {
  v1::SubscribeRequest request;
  request.set_min_severity(static_cast<v1::Severity>(random->OneOf<int>({0, 0, 1, 9, 13, 24})));
  request.set_contains(random->OneOf<std::string>({"", "", "needle", "\xff", "x"}));
  request.set_regex(random->OneOf<std::string>({"", "", "(?i)^need", "le$", "^$", "\\bneedle\\b"}));
  if (random->Below(2) == 0) request.mutable_start()->mutable_time()->set_seconds(random->Below(3));
  if (random->Below(2) == 0) request.mutable_end_time()->set_seconds(3 + random->Below(3));
  return request;
}

TEST(FilterTest, AgreesWithASlowFilterOverGeneratedClasses) {
  const testing::Seed seed;
  SCOPED_TRACE(seed.ToString());
  Random random(seed.value);
  int verdicts[3] = {};
  for (int round = 0; round < 20'000; ++round) {
    v1::LogBatch batch = RandomBatch(&random);
    v1::SubscribeRequest request = RandomRequest(&random);
    PendingBatch pending = testing::Pend(batch);
    Filter filter = Compiled(request);
    Filter::Verdict verdict = filter.Judge(pending.view);
    ++verdicts[static_cast<int>(verdict)];
    RecordCursor cursor(pending.view.bytes.substr(pending.view.records_begin));
    RecordView record;
    for (int i = 0; i < batch.records_size(); ++i) {
      ASSERT_TRUE(cursor.Next(&record));
      const bool expected = OracleMatches(request, batch.records(i));
      ASSERT_EQ(filter.Matches(record), expected) << request.DebugString() << batch.records(i).DebugString();
      if (verdict == Filter::Verdict::kAll) {
        ASSERT_TRUE(expected) << request.DebugString() << batch.DebugString();
      }
      if (verdict == Filter::Verdict::kNone) {
        ASSERT_FALSE(expected) << request.DebugString() << batch.DebugString();
      }
    }
  }
  for (int count : verdicts) EXPECT_GT(count, 100);
}

}  // namespace
}  // namespace sluice::collector
