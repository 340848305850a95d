// Records go through the real rules and the real state; the log, the collector and the crashes are simulated.
#include "consumer/monitor/pipeline.h"

#include <stdlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config.h"
#include "base/strings.h"
#include "base/test_seed.h"
#include "consumer/monitor/rules/rule_config.h"
#include "consumer/monitor/rules/rules_stage.h"
#include "consumer/monitor/state/state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kSecond = 1'000'000'000;
constexpr std::string_view kRules = R"(
high_traffic: {enabled: false}
rules:
  - {name: many, condition: count, above: 3, window: 5s}
  - {name: silence, condition: absence, window: 4s}
)";

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(1'700'000'000 + seconds); }

std::vector<Rule> TheRules() { return ReadRules(ConfigFile::Parse(kRules, "monitor.yaml")->root(), {}); }

// The log: batches, each one's cursor is its number. What the monitors of a group publish gets there, too.
struct Log {
  std::vector<v1::LogBatch> batches;
  int published = 0;

  void Add(std::string_view topic, std::string_view agent, v1::LogRecord record) {
    v1::LogBatch batch;
    batch.set_topic(std::string(topic));
    batch.set_agent(std::string(agent));
    *batch.add_records() = std::move(record);
    batches.push_back(std::move(batch));
  }
  void AddLine(absl::Time time) {
    v1::LogRecord record;
    record.set_time_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(time)));
    Add("web", "web-1", std::move(record));
  }
  std::vector<std::string> Alerts() const {
    std::vector<std::string> ids;
    for (const v1::LogBatch& batch : batches) {
      if (batch.topic() == "alerts") ids.push_back(batch.records(0).attributes().at("id"));
    }
    return ids;
  }
};

// A monitor process with its directory; its threads are the test's calls.
class Process {
 public:
  explicit Process(const std::string& directory) : directory_(directory) { Start(); }

  void Start() {
    store_ = StateStore::Open(directory_).value();
    rules_ = std::make_unique<RulesStage>(TheRules(), absl::Seconds(1));
    pipeline_ = std::make_unique<Pipeline>(Pipeline::Options{.group = "g", .lateness = absl::Seconds(1)},
                                           std::vector<Stage*>{rules_.get()}, store_.get());
    ASSERT_TRUE(pipeline_->Load().ok());
    at_ = pipeline_->cursor().empty() ? 0 : std::stoul(pipeline_->cursor());
  }
  void Kill() {
    pipeline_.reset();
    rules_.reset();
    store_.reset();
  }
  bool running() const { return pipeline_ != nullptr; }
  bool at_end(const Log& log) const { return at_ == log.batches.size(); }
  // Reads one batch.
  void Read(const Log& log, int64_t now) {
    const std::string bytes = log.batches[at_].SerializeAsString();
    SetTime(now);
    pipeline_->TakeBatch(client::Batch::Parse(bytes).value(), StrCat(++at_), At(now));
  }
  void SetTime(int64_t now) { outbox()->SetTime(now * kSecond, absl::ToUnixNanos(At(now))); }
  void Tick(int64_t now) {
    SetTime(now);
    pipeline_->Tick(At(now));
  }
  void Commit() { ASSERT_TRUE(pipeline_->WriteCommit().ok()); }
  // At most `count`.
  void Send(Log* log, int count) {
    outbox()->SendEach([&](const Outbox::Item& item) {
      if (count-- == 0) return false;
      log->Add(item.topic, "publisher:monitor-g", item.record);
      return true;
    });
  }
  void Tell(std::multiset<std::string>* told) {
    std::vector<OutboxNumber> numbers;
    outbox()->TellEach([&](OutboxNumber number, const Alert& alert) {
      told->insert(AlertId(alert));
      numbers.push_back(number);
    });
    for (const OutboxNumber number : numbers) outbox()->Done(number);
  }
  Outbox* outbox() { return pipeline_->outbox(); }

 private:
  const std::string directory_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<RulesStage> rules_;
  std::unique_ptr<Pipeline> pipeline_;
  size_t at_ = 0;
};

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() : directory_(::testing::TempDir() + "/sluice-monitor-XXXXXX") {
    if (mkdtemp(directory_.data()) == nullptr) std::abort();
  }
  ~PipelineTest() override { std::filesystem::remove_all(directory_); }

  // What a monitor that was never disturbed finds in these lines.
  std::vector<std::string> Undisturbed(const std::vector<int64_t>& times, int64_t end) {
    Log log;
    for (const int64_t time : times) log.AddLine(At(time));
    Process process(directory_ + "/undisturbed");
    while (!process.at_end(log)) process.Read(log, end);
    process.Tick(end);
    process.outbox()->SetActive(true);
    process.Commit();
    process.Send(&log, 1 << 20);
    return log.Alerts();
  }

  std::string directory_;
};

TEST_F(PipelineTest, FindsTheSameLiveAsInAReplay) {
  std::vector<int64_t> times;
  for (int64_t i = 0; i < 60; ++i) {
    if (i % 20 < 12) times.insert(times.end(), i % 20 < 6 ? 1 : 2, i);
  }
  const std::vector<std::string> replayed = Undisturbed(times, 70);
  EXPECT_GT(replayed.size(), 6);

  Log log;
  Process process(directory_ + "/live");
  process.outbox()->SetActive(true);
  size_t next = 0;
  for (int64_t now = 0; now <= 70; ++now) {
    for (; next < times.size() && times[next] <= now; ++next) log.AddLine(At(times[next]));
    while (!process.at_end(log)) process.Read(log, now);
    process.Tick(now);
    process.Commit();
    process.Send(&log, 1 << 20);
  }
  std::vector<std::string> live = log.Alerts();
  std::sort(live.begin(), live.end());
  std::vector<std::string> sorted = replayed;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(live, sorted);
}

// Kills at every place between two steps, for many seeds; each alert is published once, and told at least once, none
// twice without a crash between.
TEST_F(PipelineTest, PublishesEachAlertOnceWhereverItIsKilled) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  std::vector<int64_t> times;
  for (int64_t i = 0; i < 40; ++i) {
    if (i % 10 < 6) times.insert(times.end(), 1 + random() % 3, i);
  }
  std::vector<std::string> expected = Undisturbed(times, 50);
  std::sort(expected.begin(), expected.end());
  const int rounds = std::getenv("SLUICE_LONG") != nullptr ? 50 : 5;
  for (int round = 0; round < rounds; ++round) {
    Log log;
    Process process(StrCat(directory_, "/", round));
    std::multiset<std::string> told;
    size_t next = 0;
    int kills = 0;
    for (int64_t now = 0; now <= 50 || kills < 5;) {
      if (!process.running()) process.Start();
      if (random() % 12 == 0) {
        process.Kill();
        ++kills;
        continue;
      }
      if (next < times.size() && times[next] <= now) log.AddLine(At(times[next++]));
      if (!process.at_end(log)) {
        process.Read(log, now);
      } else {
        process.outbox()->SetActive(true);
        if (next == times.size() || times[next] > now) process.Tick(now++);
      }
      if (random() % 2 == 0) process.Commit();
      if (process.outbox()->active()) process.Send(&log, static_cast<int>(random() % 3));
      if (random() % 2 == 0) process.Tell(&told);
    }
    if (!process.running()) process.Start();
    for (int i = 0; i < 3; ++i) {
      while (!process.at_end(log)) process.Read(log, 60);
      process.outbox()->SetActive(true);
      process.Commit();
      process.Send(&log, 1 << 20);
      process.Tell(&told);
    }
    std::vector<std::string> published = log.Alerts();
    std::sort(published.begin(), published.end());
    ASSERT_EQ(published, expected) << "round " << round;
    EXPECT_EQ((std::set<std::string>(told.begin(), told.end())),
              (std::set<std::string>(expected.begin(), expected.end())))
        << "round " << round;
  }
}

TEST_F(PipelineTest, AStandbyTakesOverWithoutAGapOrARepeat) {
  std::vector<int64_t> times;
  for (int64_t i = 0; i < 60; ++i) {
    if (i % 10 < 6) times.insert(times.end(), 2, i);
  }
  std::vector<std::string> expected = Undisturbed(times, 70);
  std::sort(expected.begin(), expected.end());
  Log log;
  Process one(directory_ + "/one");
  Process other(directory_ + "/other");
  one.outbox()->SetActive(true);
  std::multiset<std::string> told;
  size_t next = 0;
  for (int64_t now = 0; now <= 70; ++now) {
    for (; next < times.size() && times[next] <= now; ++next) log.AddLine(At(times[next]));
    for (Process* const process : {&one, &other}) {
      if (!process->running()) continue;
      while (!process->at_end(log)) process->Read(log, now);
      process->Tick(now);
      process->Commit();
      if (process->outbox()->active()) process->Send(&log, now == 31 ? 0 : 1 << 20);
      process->Tell(&told);
    }
    if (now == 31) one.Kill();  // with what it found, and did not send
    if (now == 33) {
      while (!other.at_end(log)) other.Read(log, now);
      other.outbox()->SetActive(true);
    }
  }
  std::vector<std::string> published = log.Alerts();
  std::sort(published.begin(), published.end());
  EXPECT_EQ(published, expected);
  for (const std::string& id : expected) EXPECT_GE(told.count(id), 1) << id;
  // What the one that was killed told in its last step, it could not say that it had.
  EXPECT_LE(told.size(), expected.size() + 1);
}

TEST_F(PipelineTest, WhoTakesOverTellsWhatTheOneBeforeWasNotDoneWith) {
  Log log;
  Process one(directory_ + "/one");
  Process other(directory_ + "/other");
  one.outbox()->SetActive(true);
  std::multiset<std::string> told;
  const auto step = [&](int64_t now) {
    for (Process* const process : {&one, &other}) {
      while (!process->at_end(log)) process->Read(log, now);
      process->Tick(now);
      process->Commit();
    }
    one.Send(&log, 1 << 20);
  };
  // 4 in 5 s: "many" begins; behind that, silence begins.
  for (int i = 0; i < 4; ++i) log.AddLine(At(0));
  for (int64_t now = 0; now <= 3; ++now) step(now);
  one.Tell(&told);
  for (int64_t now = 4; now <= 5; ++now) step(now);
  const std::multiset<std::string> told_by_one = told;
  ASSERT_EQ(told_by_one.size(), 1);
  for (int64_t now = 6; now <= 20; ++now) step(now);  // it hangs: tells nobody of what it finds and publishes
  const std::vector<std::string> published = log.Alerts();
  ASSERT_EQ(published.size(), 3);
  one.Kill();
  while (!other.at_end(log)) other.Read(log, 21);
  other.outbox()->SetActive(true);
  other.Commit();
  other.Tell(&told);
  EXPECT_EQ(told, (std::multiset<std::string>(published.begin(), published.end())));
}

TEST_F(PipelineTest, WhoTakesOverLetsThePastRest) {
  Log log;
  Process one(directory_ + "/one");
  one.outbox()->SetActive(true);
  for (int i = 0; i < 4; ++i) log.AddLine(At(0));
  for (int64_t now = 0; now <= 3; ++now) {
    while (!one.at_end(log)) one.Read(log, now);
    one.Tick(now);
    one.Commit();
    one.Send(&log, 1 << 20);
  }
  one.Kill();
  ASSERT_EQ(log.Alerts().size(), 1);
  for (const auto& [later, tells] : {std::pair<int64_t, size_t>{3590, 1}, {3610, 0}}) {
    Process other(StrCat(directory_, "/", later));
    while (!other.at_end(log)) other.Read(log, later);
    other.outbox()->SetActive(true);
    other.Commit();
    std::multiset<std::string> told;
    other.Tell(&told);
    EXPECT_EQ(told.size(), tells) << later;
  }
}

TEST_F(PipelineTest, LeavesOutWhatOtherMonitorsPublish) {
  Log log;
  Process process(directory_ + "/one");
  for (int i = 0; i < 10; ++i) {
    v1::LogRecord record;
    record.set_time_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(At(0))));
    log.Add("alerts", i % 2 == 0 ? "publisher:monitor-g" : "publisher:monitor-other", std::move(record));
  }
  while (!process.at_end(log)) process.Read(log, 0);
  EXPECT_FALSE(process.outbox()->dirty());
}

TEST_F(PipelineTest, KeepsWhatIsFoundWithinABound) {
  Process process(directory_ + "/one");
  for (size_t i = 0; i < 3 * Outbox::kWaitingMax; ++i) process.outbox()->Publish("metrics", StrCat(i), {});
  EXPECT_EQ(process.outbox()->waiting(), 2 * Outbox::kWaitingMax);
  EXPECT_EQ(process.outbox()->forgotten(), Outbox::kWaitingMax);
  EXPECT_TRUE(process.outbox()->full());
}

}  // namespace
}  // namespace sluice::monitor
