#include "collector/route/router.h"

#include <map>
#include <string>
#include <vector>

#include "collector/log/testing_batches.h"
#include "collector/testing/seed.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeBatch;
using testing::Pend;
using testing::Summarise;

Router Compile(std::vector<RouteOptions> routes) {
  absl::StatusOr<Router> router = Router::Compile({.routes = std::move(routes), .dead_letters = {}});
  EXPECT_TRUE(router.ok()) << router.status();
  return *std::move(router);
}

// A batch of records with these severities, at offsets 0, 10, 20, …
v1::LogBatch Batch(const std::vector<v1::Severity>& severities, const std::string& topic = "app") {
  v1::LogBatch batch = MakeBatch({.topic = topic, .lines = static_cast<uint32_t>(severities.size()), .line_bytes = 10});
  for (size_t i = 0; i < severities.size(); ++i)
    batch.mutable_records(static_cast<int>(i))->set_severity(severities[i]);
  Summarise(&batch);
  return batch;
}

struct Applied {
  PendingBatch batch;
  RouteCounts counts;
};

Applied Apply(const Router& router, const v1::LogBatch& batch) {
  Applied applied{Pend(batch), {}};
  SeverityCounts by_severity;
  EXPECT_TRUE(ValidateBatch(applied.batch.view, &by_severity).ok());
  applied.counts = router.Apply(by_severity, &applied.batch);
  return applied;
}

std::vector<v1::LogBatch> Parts(const Applied& applied) {
  std::vector<v1::LogBatch> parts;
  EXPECT_TRUE(applied.batch.parts.has_value());
  if (!applied.batch.parts.has_value()) return parts;
  EXPECT_EQ(applied.counts.parts.size(), applied.batch.parts->size());
  for (const BatchPart& part : *applied.batch.parts) {
    EXPECT_EQ(part.view.bytes, part.bytes.view());
    EXPECT_TRUE(ValidateBatch(part.view).ok()) << ValidateBatch(part.view);
    EXPECT_TRUE(parts.emplace_back().ParseFromArray(part.bytes.view().data(), static_cast<int>(part.bytes.size())));
  }
  return parts;
}

// "topic: 0 10 20" of each part.
std::vector<std::string> Shown(const Applied& applied) {
  std::vector<std::string> shown;
  for (const v1::LogBatch& part : Parts(applied)) {
    std::string& text = shown.emplace_back(part.topic() + ":");
    for (const v1::LogRecord& record : part.records()) text += " " + std::to_string(record.offset());
  }
  return shown;
}

constexpr auto kInfo = v1::SEVERITY_INFO;
constexpr auto kWarn = v1::SEVERITY_WARN;
constexpr auto kError = v1::SEVERITY_ERROR;

TEST(RouterTest, LeavesABatchAloneThatNoRouteTakes) {
  const Router router = Compile({{.name = "a", .match = {.topic = "other*"}, .topic = "x"},
                                 {.name = "b", .match = {.min_severity = kError}, .drop = true}});
  EXPECT_FALSE(Apply(router, Batch({kInfo, kWarn})).batch.parts.has_value());
  EXPECT_FALSE(Apply(Compile({}), Batch({kInfo})).batch.parts.has_value());
}

TEST(RouterTest, TheFirstRouteThatMatchesWins) {
  const Router router = Compile(
      {{.name = "a", .match = {.topic = "app"}, .topic = "first"}, {.name = "b", .match = {}, .topic = "second"}});
  EXPECT_THAT(Shown(Apply(router, Batch({kInfo, kWarn}))), ElementsAre("first: 0 10"));
  EXPECT_THAT(Shown(Apply(router, Batch({kInfo}, "db"))), ElementsAre("second: 0"));
}

TEST(RouterTest, MatchesEveryFieldThatIsSet) {
  const struct {
    RouteMatch match;
    bool taken;
  } kCases[] = {
      {{}, true},
      {{.topic = "a*"}, true},
      {{.topic = "b*"}, false},
      {{.path = "/var/**/*.log"}, true},
      {{.path = "/var/*.log"}, false},
      {{.agent = "web-?"}, true},
      {{.agent = "db-*"}, false},
      {{.source = "app"}, true},
      {{.source = "api"}, false},
      {{.labels = {{"service", "{shop,bank}"}}}, true},
      {{.labels = {{"service", "bank"}}}, false},
      {{.labels = {{"region", "*"}}}, false},
      {{.topic = "app", .path = "**", .agent = "web-1", .labels = {{"service", "*"}}}, true},
      {{.topic = "app", .agent = "web-2"}, false},
  };
  for (const auto& c : kCases) {
    const Router router = Compile({{.name = "r", .match = c.match, .topic = "x"}});
    EXPECT_EQ(Apply(router, Batch({kInfo})).batch.parts.has_value(), c.taken) << &c - kCases;
  }
}

TEST(RouterTest, CopiesWholeBatchesWithoutCuttingThem) {
  const Router router = Compile({{.name = "a", .match = {.min_severity = kWarn}, .copy_to = {"critical", "app"}}});
  const v1::LogBatch batch = Batch({kWarn, kError});
  const Applied applied = Apply(router, batch);
  EXPECT_THAT(Shown(applied), ElementsAre("app: 0 10", "critical: 0 10"));
  // What stays as it is is not even copied.
  EXPECT_EQ(applied.batch.parts->front().bytes.view().data(), applied.batch.bytes.view().data());
  EXPECT_EQ(applied.counts.parts[1][kError], 1u);
}

TEST(RouterTest, CutsABatchThatSeverityDivides) {
  const Router router = Compile({{.name = "a", .match = {.min_severity = kWarn}, .copy_to = {"critical"}},
                                 {.name = "b", .match = {.topic = "app"}, .topic = "rest"}});
  EXPECT_THAT(Shown(Apply(router, Batch({kInfo, kWarn, kInfo, kError}))),
              ElementsAre("rest: 0 20", "app: 10 30", "critical: 10 30"));
}

TEST(RouterTest, CutsABatchThatARegularExpressionDivides) {
  v1::LogBatch batch = Batch({kInfo, kInfo, kInfo});
  batch.mutable_records(1)->set_body("GET /healthz");
  batch.mutable_records(2)->set_body("GET \uFFFD /healthz");
  batch.mutable_records(2)->set_raw_body("GET \xff /healthz");
  const Router router = Compile({{.name = "health", .match = {.regex = "GET .*/healthz$"}, .drop = true}});
  const Applied applied = Apply(router, batch);
  EXPECT_THAT(Shown(applied), ElementsAre("app: 0"));
  ASSERT_EQ(applied.counts.dropped.size(), 1u);
  EXPECT_EQ(*applied.counts.dropped[0].first, "health");
  EXPECT_EQ(applied.counts.dropped[0].second, 2u);
}

TEST(RouterTest, DropsAWholeBatch) {
  const Router router = Compile({{.name = "noise", .match = {.topic = "app"}, .drop = true}});
  const Applied applied = Apply(router, Batch({kInfo, kWarn}));
  EXPECT_THAT(Shown(applied), IsEmpty());
  ASSERT_EQ(applied.counts.dropped.size(), 1u);
  EXPECT_EQ(applied.counts.dropped[0].second, 2u);
}

TEST(RouterTest, KeepsTheOrderOfOneTopicThatTwoRoutesFill) {
  const Router router = Compile(
      {{.name = "a", .match = {.min_severity = kWarn}, .topic = "all"}, {.name = "b", .match = {}, .topic = "all"}});
  EXPECT_THAT(Shown(Apply(router, Batch({kInfo, kWarn, kInfo, kWarn}))), ElementsAre("all: 0 10 20 30"));
}

TEST(RouterTest, PartsCoverTheBytesThatTheirBatchCovers) {
  const v1::LogBatch batch = Batch({kInfo, kWarn});
  const Router router = Compile({{.name = "a", .match = {.min_severity = kWarn}, .topic = "w"}});
  for (const v1::LogBatch& part : Parts(Apply(router, batch))) {
    EXPECT_EQ(part.first_offset(), batch.first_offset());
    EXPECT_EQ(part.end_offset(), batch.end_offset());
  }
}

TEST(RouterTest, SendsToTheDeadLettersWhatATemplateHasNoTopicFor) {
  const Router router = Compile({{.name = "by-region", .match = {.min_severity = kWarn}, .topic = "{label.region}"}});
  const Applied applied = Apply(router, Batch({kInfo, kWarn}));
  EXPECT_THAT(Shown(applied), ElementsAre("app: 0", "dead-letter: 10"));
  const v1::LogBatch dead = Parts(applied)[1];
  EXPECT_EQ(dead.labels().at("dead_letter.reason"), "route");
  EXPECT_EQ(dead.labels().at("dead_letter.topic"), "app");
  EXPECT_THAT(dead.labels().at("dead_letter.error"), HasSubstr("route 'by-region': {label.region} is empty"));
  EXPECT_EQ(dead.labels().at("service"), "shop");
  ASSERT_EQ(applied.counts.dead_letters.size(), 1u);
  EXPECT_EQ(applied.counts.dead_letters[0].second, 1u);
}

TEST(RouterTest, SplitsLongLinesOrMakesThemDeadLetters) {
  v1::LogBatch batch = Batch({kInfo, kWarn, kInfo});
  batch.mutable_records(1)->set_body("0123456789");
  batch.mutable_records(2)->set_offset(28);
  batch.set_end_offset(40);
  RoutingOptions options{.routes = {}, .dead_letters = {.line_bytes_max = 9}};
  EXPECT_FALSE(Apply(*Router::Compile(options), Batch({kInfo})).batch.parts.has_value());
  Applied applied = Apply(*Router::Compile(options), batch);
  EXPECT_THAT(Shown(applied), ElementsAre("app: 0 10 19 28"));
  EXPECT_EQ(Parts(applied)[0].records(1).part(), v1::LINE_PART_FIRST);
  options.dead_letters.split_oversize = false;
  applied = Apply(*Router::Compile(options), batch);
  EXPECT_THAT(Shown(applied), ElementsAre("app: 0 28", "dead-letter: 10 19"));
  EXPECT_EQ(Parts(applied)[1].labels().at("dead_letter.reason"), "oversize");
  ASSERT_EQ(applied.counts.dead_letters.size(), 1u);
  EXPECT_EQ(applied.counts.dead_letters[0].first, "oversize");
  // What is dropped is dropped, however long it is.
  options.routes = {{.name = "w", .match = {.min_severity = kWarn}, .drop = true}};
  EXPECT_THAT(Shown(Apply(*Router::Compile(options), batch)), ElementsAre("app: 0 28"));
}

TEST(RouterTest, TellsWhatIsWrongWithARoute) {
  const absl::StatusOr<Router> router =
      Router::Compile({.routes = {{.name = "r", .match = {.regex = "("}, .drop = true}}, .dead_letters = {}});
  EXPECT_THAT(std::string(router.status().message()), HasSubstr("route 'r': regex: missing ): ("));
}

// Slow and plain: what each record's topics are, one record at a time.
std::map<std::string, std::vector<uint64_t>> Oracle(const std::vector<RouteOptions>& routes,
                                                    const v1::LogBatch& batch) {
  std::map<std::string, std::vector<uint64_t>> topics;
  for (const v1::LogRecord& record : batch.records()) {
    std::vector<std::string> to = {batch.topic()};
    for (const RouteOptions& route : routes) {
      const bool severe = route.match.min_severity == 0 || record.severity() >= route.match.min_severity;
      const bool found = record.body().find(route.match.regex) != std::string::npos;
      if (!severe || !found) continue;
      if (route.drop) to.clear();
      if (!route.topic.empty()) to = {route.topic};
      to.insert(to.end(), route.copy_to.begin(), route.copy_to.end());
      break;
    }
    for (const std::string& topic : to) {
      if (topics[topic].empty() || topics[topic].back() != record.offset()) topics[topic].push_back(record.offset());
    }
  }
  std::erase_if(topics, [](const auto& topic) { return topic.second.empty(); });
  return topics;
}

TEST(RouterTest, RoutesAsAnInterpreterOfSingleRecordsDoes) {
  const testing::Seed seed;
  SCOPED_TRACE(seed.ToString());
  std::mt19937 random(seed.value);
  const auto pick = [&](size_t n) { return random() % n; };
  const std::vector<std::string> topics = {"app", "x", "y"};
  for (int round = 0; round < 2'000; ++round) {
    std::vector<RouteOptions> routes;
    for (size_t i = pick(4); i > 0; --i) {
      RouteOptions& route = routes.emplace_back();
      route.name = std::to_string(i);
      route.match.min_severity = static_cast<v1::Severity>(pick(3) == 0 ? 0 : 1 + pick(24));
      if (pick(2) == 0) route.match.regex = std::string(1, static_cast<char>('0' + pick(4)));
      route.drop = pick(4) == 0;
      if (!route.drop && pick(2) == 0) route.topic = topics[pick(3)];
      if (!route.drop && pick(2) == 0) route.copy_to = {topics[pick(3)]};
    }
    std::vector<v1::Severity> severities(1 + pick(6));
    for (v1::Severity& severity : severities) severity = static_cast<v1::Severity>(pick(25));
    v1::LogBatch batch = Batch(severities);
    for (v1::LogRecord& record : *batch.mutable_records()) record.set_body(std::to_string(pick(100)));
    const Applied applied = Apply(Compile(routes), batch);
    std::map<std::string, std::vector<uint64_t>> routed;
    const std::vector<v1::LogBatch> parts =
        applied.batch.parts.has_value() ? Parts(applied) : std::vector<v1::LogBatch>{batch};
    for (const v1::LogBatch& part : parts) {
      EXPECT_FALSE(routed.contains(part.topic()));
      for (const v1::LogRecord& record : part.records()) routed[part.topic()].push_back(record.offset());
    }
    ASSERT_EQ(routed, Oracle(routes, batch)) << "round " << round;
  }
}

}  // namespace
}  // namespace sluice::collector
