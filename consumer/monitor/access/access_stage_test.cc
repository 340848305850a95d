#include "consumer/monitor/access/access_stage.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "base/strings.h"
#include "consumer/client/batch.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kBegin = 1'795'166'130;  // 2026-11-20T09:15:30Z

// What a stage finds, and its state, as the monitor would keep them.
class Host : public Findings, public StateSink, public StateSource {
 public:
  void Publish(std::string_view topic, std::string_view id, v1::LogRecord record) override {
    EXPECT_EQ(topic, kMetricsTopic);
    published.emplace_back(id, std::move(record));
  }
  void Raise(const Alert&) override { ADD_FAILURE() << "statistics raise no alerts"; }
  void Put(std::string_view key, std::string_view value) override { state[std::string(key)] = value; }
  void Delete(std::string_view key) override { state.erase(std::string(key)); }
  absl::Status ForEach(std::string_view prefix, const Visitor& visit) const override {
    for (const auto& [key, value] : state) {
      if (!absl::StartsWith(key, ToAbsl(prefix))) continue;
      if (absl::Status status = visit(key, value); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  // "id hits=N late=N" of each.
  std::vector<std::string> Told() const {
    std::vector<std::string> told;
    for (const auto& [id, record] : published) {
      const std::string& body = record.body();
      const size_t late = body.find("\"late\":") + 7;
      told.push_back(StrCat(id, " hits=", record.attributes().at("hits"),
                            " late=", body.substr(late, body.find(',', late) - late)));
    }
    return told;
  }

  std::vector<std::pair<std::string, v1::LogRecord>> published;
  std::map<std::string, std::string> state;
};

class AccessStageTest : public testing::Test {
 protected:
  std::unique_ptr<AccessStage> NewStage(AccessOptions options = {}) {
    registries_.push_back(std::make_unique<prometheus::Registry>());
    return *AccessStage::Create(std::move(options), registries_.back().get());
  }

  // A batch of lines of the seconds after kBegin.
  void Observe(AccessStage* stage, const std::vector<double>& seconds, const std::string& path = "/var/log/access.log",
               const std::string& line = R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "GET /a/b HTTP/1.1" 200 12)") {
    v1::LogBatch message;
    message.set_topic("web");
    message.set_path(path);
    for (double second : seconds) {
      v1::LogRecord* record = message.add_records();
      record->set_time_unix_nano(static_cast<uint64_t>((static_cast<double>(kBegin) + second) * 1e9));
      record->set_body(line);
    }
    message.mutable_summary()->set_count(static_cast<uint32_t>(seconds.size()));
    message.set_end_offset(1000);
    const std::string bytes = message.SerializeAsString();
    absl::StatusOr<client::Batch> batch = client::Batch::Parse(bytes);
    ASSERT_TRUE(batch.ok()) << batch.status();
    const std::vector<client::RecordView> records(batch->records().begin(), batch->records().end());
    stage->Observe({.batch = *batch, .records = records, .newest = newest_}, &host_);
  }
  void Advance(AccessStage* stage, int64_t second) { stage->Advance(absl::FromUnixSeconds(kBegin + second), &host_); }

  Host host_;
  absl::Time newest_ = absl::InfiniteFuture();
  std::vector<std::unique_ptr<prometheus::Registry>> registries_;
};

TEST_F(AccessStageTest, TellsAnIntervalWhenItIsOver) {
  auto stage = NewStage();
  Observe(stage.get(), {0, 5, 9.999, 10});
  Advance(stage.get(), 9);
  EXPECT_THAT(host_.Told(), IsEmpty());
  Advance(stage.get(), 10);
  EXPECT_THAT(host_.Told(), ElementsAre("access/1795166130/10 hits=3 late=0"));
  Advance(stage.get(), 19);
  Advance(stage.get(), 40);
  EXPECT_THAT(host_.Told(), ElementsAre("access/1795166130/10 hits=3 late=0", "access/1795166140/10 hits=1 late=0"));
}

TEST_F(AccessStageTest, TakesLinesInAnyOrderUntilThenAndCountsLateOnes) {
  auto stage = NewStage();
  Observe(stage.get(), {12, 3, 25, 8});
  Advance(stage.get(), 15);
  EXPECT_THAT(host_.Told(), ElementsAre("access/1795166130/10 hits=2 late=0"));
  Observe(stage.get(), {9, 1, 19});
  Advance(stage.get(), 20);
  EXPECT_EQ(host_.Told().back(), "access/1795166140/10 hits=2 late=2");
  // Late also for an interval without a line.
  Advance(stage.get(), 70);
  Observe(stage.get(), {45, 75});
  Advance(stage.get(), 80);
  EXPECT_EQ(host_.Told().back(), "access/1795166200/10 hits=1 late=1");
}

TEST_F(AccessStageTest, LeavesOutWhatIsOfTheFuture) {
  auto stage = NewStage();
  newest_ = absl::FromUnixSeconds(kBegin + 5);
  Observe(stage.get(), {5, 6, 4000});
  Advance(stage.get(), 10);
  ASSERT_THAT(host_.Told(), ElementsAre("access/1795166130/10 hits=1 late=0"));
  EXPECT_THAT(host_.published[0].second.body(), testing::HasSubstr(R"("ahead":2)"));
}

TEST_F(AccessStageTest, IsAboutTheConfiguredLinesOnly) {
  auto stage = NewStage();
  Observe(stage.get(), {1}, "/var/log/other.log");
  Advance(stage.get(), 100);
  EXPECT_THAT(host_.Told(), IsEmpty());
  auto others = NewStage({.topics = {"we*"}, .paths = {}, .interval = absl::Minutes(1)});
  Observe(others.get(), {1}, "/var/log/other.log");
  Advance(others.get(), 100);
  EXPECT_THAT(host_.Told(), ElementsAre("access/1795166100/60 hits=1 late=0"));
}

TEST_F(AccessStageTest, OtherSettingsGoOnWithTheIntervalsThatAreOpen) {
  auto stage = NewStage();
  Observe(stage.get(), {1, 2});
  ASSERT_TRUE(stage->Configure({.topics = {"w*"}, .paths = {}}, &host_).ok());
  Observe(stage.get(), {3}, "/var/log/other.log");
  Advance(stage.get(), 10);
  EXPECT_THAT(host_.Told(), ElementsAre("access/1795166130/10 hits=3 late=0"));
  ASSERT_TRUE(stage->Configure({.enabled = false}, &host_).ok());
  Observe(stage.get(), {11});
  Advance(stage.get(), 60);
  EXPECT_THAT(host_.Told(), SizeIs(1));
  ASSERT_TRUE(stage->Configure({}, &host_).ok());
  Observe(stage.get(), {61});
  Advance(stage.get(), 70);
  EXPECT_THAT(host_.Told(), SizeIs(2));
}

TEST_F(AccessStageTest, WithAnotherLengthNoLineIsCountedTwiceNorLost) {
  auto stage = NewStage({.interval = absl::Minutes(1)});  // from 30 s before kBegin on
  Observe(stage.get(), {1, 2, 13});
  Advance(stage.get(), 12);
  ASSERT_TRUE(stage->Configure({.interval = absl::Seconds(5)}, &host_).ok());
  EXPECT_THAT(host_.Told(), ElementsAre("access/1795166100/60 hits=3 late=0"));
  // So far it had come: its rate is right.
  EXPECT_THAT(host_.published[0].second.body(),
              testing::HasSubstr(R"("to":"2026-11-20T09:15:42Z","interval_seconds":42)"));
  Observe(stage.get(), {9, 12, 14, 15});
  Advance(stage.get(), 20);
  EXPECT_THAT(host_.Told(), ElementsAre("access/1795166100/60 hits=3 late=0", "access/1795166140/5 hits=2 late=1",
                                        "access/1795166145/5 hits=1 late=0"));
  stage->Save(&host_);
  for (const auto& [key, value] : host_.state) EXPECT_FALSE(absl::StartsWith(key, "interval/60/")) << key;
}

TEST_F(AccessStageTest, CountsMalformedLines) {
  auto stage = NewStage();
  Observe(stage.get(), {1, 2}, "/var/log/access.log", "what is this");
  Observe(stage.get(), {1}, "/var/log/access.log", "#Version: 1.0");
  Advance(stage.get(), 10);
  ASSERT_THAT(host_.published, SizeIs(1));
  EXPECT_THAT(host_.published[0].second.body(),
              testing::HasSubstr(R"("malformed":2,"late":0,"ahead":0,"sections":[]})"));
}

TEST_F(AccessStageTest, KeepsFewIntervalsOpen) {
  auto stage = NewStage();
  std::vector<double> seconds;
  for (int i = 0; i < 100; ++i) seconds.push_back(i * 10);
  Observe(stage.get(), seconds);
  EXPECT_THAT(host_.published, SizeIs(100 - AccessStage::kOpenMax));
  Observe(stage.get(), {0});
  Advance(stage.get(), 1000);
  EXPECT_THAT(host_.published, SizeIs(100));
  EXPECT_EQ(host_.Told().back(), "access/1795167120/10 hits=1 late=0");
}

TEST_F(AccessStageTest, GoesOnAfterARestart) {
  // At each place where it may happen.
  const std::vector<std::vector<double>> batches = {{0, 5}, {4, 12}, {11, 18}, {3, 25}};
  const auto run = [&](size_t restart_before) {
    host_ = Host();
    auto stage = NewStage();
    for (size_t i = 0; i < batches.size(); ++i) {
      if (i == restart_before) {
        stage = NewStage();
        EXPECT_TRUE(stage->Load(host_).ok());
      }
      Observe(stage.get(), batches[i]);
      Advance(stage.get(), static_cast<int64_t>(i) * 7);
      stage->Save(&host_);
    }
    Advance(stage.get(), 50);
    std::string all;
    for (const auto& [id, record] : host_.published) StrAppend(&all, id, " ", record.body(), "\n");
    return all;
  };
  const std::string expected = run(99);
  EXPECT_THAT(expected, testing::HasSubstr("\"late\":1"));
  for (size_t i = 0; i < batches.size(); ++i) EXPECT_EQ(run(i), expected) << i;
}

TEST_F(AccessStageTest, LeavesNothingBehindInItsState) {
  auto stage = NewStage();
  Observe(stage.get(), {1, 11});
  stage->Save(&host_);
  EXPECT_THAT(host_.state, SizeIs(2));
  Advance(stage.get(), 60);
  stage->Save(&host_);
  EXPECT_THAT(host_.state, SizeIs(1));
  // Intervals of another length cannot go on.
  Observe(stage.get(), {61});
  stage->Save(&host_);
  EXPECT_THAT(host_.state, SizeIs(2));
  stage = NewStage({.interval = absl::Seconds(5)});
  EXPECT_TRUE(stage->Load(host_).ok());
  stage->Save(&host_);
  EXPECT_THAT(host_.state, SizeIs(1));
}

TEST_F(AccessStageTest, RefusesAStateThatIsNone) {
  host_.state["interval/10/1795166130"] = "x";
  EXPECT_EQ(NewStage()->Load(host_).code(), absl::StatusCode::kDataLoss);
  host_.state = {{"told", "x"}};
  EXPECT_EQ(NewStage()->Load(host_).code(), absl::StatusCode::kDataLoss);
}

TEST_F(AccessStageTest, ExportsMetrics) {
  auto stage = NewStage();
  Observe(stage.get(), {1, 2});
  Advance(stage.get(), 10);
  double hits = 0;
  for (const prometheus::MetricFamily& family : registries_.back()->Collect()) {
    if (family.name != "sluice_monitor_access_hits_total") continue;
    for (const prometheus::ClientMetric& metric : family.metric) hits += metric.counter.value;
  }
  EXPECT_EQ(hits, 2);
}

}  // namespace
}  // namespace sluice::monitor
