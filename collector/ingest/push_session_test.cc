#include "collector/ingest/push_session.h"

#include <memory>
#include <string>
#include <vector>

#include "collector/testing/gated_log.h"
#include "collector/testing/push_stream.h"
#include "collector/testing/test_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"

namespace sluice::collector {
namespace {

using testing::BatchSpec;
using ::testing::HasSubstr;
using testing::MakeBatch;
using testing::PushStream;

AppendResult Rejected(absl::Status why) { return {AppendResult::Outcome::kRejected, std::move(why)}; }

class PushSessionTest : public ::testing::Test {
 protected:
  ~PushSessionTest() override {
    log_.Open();
    storage_.get()->Stop();
    executor_.Stop();
  }

  // A stream that has been welcomed.
  std::unique_ptr<PushStream> Connect(const std::string& agent = "web-1", const std::string& instance = "i-1") {
    auto stream = std::make_unique<PushStream>(&context_);
    stream->SendHello(agent, instance);
    stream->ReceiveWelcome();
    return stream;
  }
  static v1::LogBatch Batch(uint64_t first_offset, const std::string& topic = "app", uint64_t inode = 1) {
    return MakeBatch({.topic = topic, .inode = inode, .first_offset = first_offset, .line_bytes = 16});
  }
  uint64_t RecordsIn(std::string_view topic) {
    for (const TopicInfo& info : storage_.get()->Topics()) {
      if (info.name == topic) return info.records;
    }
    return 0;
  }

  testing::TestLog storage_{2};
  testing::GatedLog log_{storage_.get()};
  prometheus::Registry registry_;
  CollectorMetrics metrics_{&registry_};
  AgentSessions sessions_{100, SystemClock(), &metrics_};
  IngestBudget budget_{4096};
  Executor executor_{2};
  IngestContext context_{.log = &log_,
                         .sessions = &sessions_,
                         .budget = &budget_,
                         .executor = &executor_,
                         .metrics = &metrics_,
                         .clock = SystemClock(),
                         .limits = {.message_bytes = 8 << 20,
                                    .stream_pending_bytes = 1024,
                                    .held_files = 2,
                                    .unsent_rejections = 3,
                                    .welcome_files = 2}};
};

TEST_F(PushSessionTest, WelcomesANewAgentAndAcknowledgesWhatIsStored) {
  PushStream stream(&context_);
  stream.SendHello();
  EXPECT_TRUE(stream.ReceiveWelcome().empty());
  stream.SendBatches(1, {Batch(0), Batch(16)});
  v1::PushResponse response = stream.Receive();
  EXPECT_EQ(response.ack().sequence(), 1);
  EXPECT_EQ(response.ack().rejections_size(), 0);
  EXPECT_EQ(RecordsIn("app"), 2);
}

TEST_F(PushSessionTest, AcknowledgesNothingBeforeItIsStored) {
  auto stream = Connect();
  log_.Close();
  stream->SendBatches(1, {Batch(0)});
  stream->SendBatches(2, {Batch(16)});
  log_.LetOnePass();
  EXPECT_EQ(stream->Receive().ack().sequence(), 1);
  EXPECT_EQ(RecordsIn("app"), 1);
  log_.Open();
  EXPECT_EQ(stream->Receive().ack().sequence(), 2);
}

TEST_F(PushSessionTest, OneAckStandsForAllThatWereStoredWhileOneWasWritten) {
  auto stream = Connect();
  for (uint64_t i = 0; i < 5; ++i) stream->SendBatches(i + 1, {Batch(16 * i)});
  uint64_t acked = 0;
  int acks = 0;
  while (acked < 5) {
    uint64_t sequence = stream->Receive().ack().sequence();
    ASSERT_GT(sequence, acked);
    acked = sequence;
    ++acks;
  }
  EXPECT_LE(acks, 5);
}

TEST_F(PushSessionTest, TellsAReturningAgentWhatIsStoredOfItsFiles) {
  {
    auto stream = Connect();
    std::vector<v1::LogBatch> batches;
    for (uint64_t inode = 1; inode <= 5; ++inode) batches.push_back(Batch(0, "app", inode));
    stream->SendBatches(1, batches);
    EXPECT_EQ(stream->Receive().ack().sequence(), 1);
  }
  PushStream stream(&context_);
  stream.SendHello();
  std::vector<v1::FileWatermark> files = stream.ReceiveWelcome();
  ASSERT_EQ(files.size(), 5);
  for (const v1::FileWatermark& file : files) EXPECT_EQ(file.end_offset(), 16);
}

TEST_F(PushSessionTest, AcknowledgesADuplicateAndStoresItOnce) {
  auto stream = Connect();
  stream->SendBatches(1, {Batch(0)});
  stream->SendBatches(2, {Batch(0)});
  while (stream->Receive().ack().sequence() != 2) {
  }
  EXPECT_EQ(RecordsIn("app"), 1);
  EXPECT_EQ(metrics_.batches_duplicate.Value(), 1);
}

TEST_F(PushSessionTest, EndsTheOlderStreamOfTheSameAgent) {
  auto old = Connect();
  auto fresh = Connect();
  absl::Status status = old->AwaitEnd();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  fresh->SendBatches(1, {Batch(0)});
  EXPECT_EQ(fresh->Receive().ack().sequence(), 1);
}

TEST_F(PushSessionTest, WelcomesTheNewStreamOnlyWhenTheOldOnesBatchesAreStored) {
  auto old = Connect();
  log_.Close();
  old->SendBatches(1, {Batch(0)});
  PushStream fresh(&context_);
  fresh.SendHello();
  EXPECT_EQ(old->AwaitEnd().code(), absl::StatusCode::kAborted);
  log_.LetOnePass();
  // Not less: the agent would send it again, as new.
  std::vector<v1::FileWatermark> files = fresh.ReceiveWelcome();
  ASSERT_EQ(files.size(), 1);
  EXPECT_EQ(files[0].end_offset(), 16);
}

TEST_F(PushSessionTest, StoresNothingOfAnOldStreamAfterTheNewOneIsWelcomed) {
  auto old = Connect();
  auto fresh = Connect();
  // What was on its way when the stream was ended.
  v1::PushRequest late;
  late.set_sequence(1);
  *late.add_batches() = Batch(0);
  old->session().OnMessage(SharedBytes::FromString(late.SerializeAsString()));
  fresh->SendBatches(1, {Batch(16)});
  EXPECT_EQ(fresh->Receive().ack().sequence(), 1);
  EXPECT_EQ(RecordsIn("app"), 1);
}

TEST_F(PushSessionTest, OfSeveralWaitingStreamsTheNewestIsWelcomed) {
  auto old = Connect();
  log_.Close();
  old->SendBatches(1, {Batch(0)});
  PushStream second(&context_);
  second.SendHello();
  PushStream third(&context_);
  third.SendHello();
  EXPECT_EQ(second.AwaitEnd().code(), absl::StatusCode::kAborted);
  log_.Open();
  EXPECT_EQ(third.ReceiveWelcome().size(), 1);
}

TEST_F(PushSessionTest, RefusesAnotherAgentWithTheSameId) {
  auto first = Connect("web-1", "i-1");
  PushStream second(&context_);
  second.SendHello("web-1", "i-2");
  absl::Status status = second.AwaitEnd();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'web-1'"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("its own id"));
  EXPECT_FALSE(first->ended());
}

TEST_F(PushSessionTest, TakesAnotherInstanceOnceTheFirstIsGoneAndItsBatchesAreStored) {
  auto first = Connect("web-1", "i-1");
  log_.Close();
  first->SendBatches(1, {Batch(0)});
  first->Break();
  PushStream second(&context_);
  second.SendHello("web-1", "i-2");
  log_.Open();
  ASSERT_EQ(second.ReceiveWelcome().size(), 1);
}

TEST_F(PushSessionTest, AcknowledgesWhatIsUnderWayWhenTheAgentCloses) {
  auto stream = Connect();
  log_.Close();
  stream->SendBatches(1, {Batch(0)});
  stream->SendEnd();
  log_.Open();
  EXPECT_EQ(stream->Receive().ack().sequence(), 1);
  EXPECT_TRUE(stream->AwaitEnd().ok());
}

TEST_F(PushSessionTest, FinishesWhatItTookWhenTheCollectorStops) {
  auto stream = Connect();
  log_.Close();
  stream->SendBatches(1, {Batch(0)});
  stream->session().Stop();
  stream->SendBatches(2, {Batch(16)});  // came too late
  log_.Open();
  EXPECT_EQ(stream->Receive().ack().sequence(), 1);
  EXPECT_EQ(stream->AwaitEnd().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(RecordsIn("app"), 1);
}

TEST_F(PushSessionTest, AcknowledgesNothingThatAStoppedLogRefused) {
  auto stream = Connect();
  log_.Close();
  stream->SendBatches(1, {Batch(0)});
  log_.AnswerOne({Rejected(absl::UnavailableError("the log is stopping"))});
  EXPECT_EQ(stream->AwaitEnd().code(), absl::StatusCode::kUnavailable);
}

TEST_F(PushSessionTest, RejectsABatchThatTheLogRefusesAndHoldsItsFile) {
  auto stream = Connect();
  log_.Close();
  stream->SendBatches(1, {Batch(0), Batch(0, "app", 2)});
  log_.AnswerOne({Rejected(absl::ResourceExhaustedError("full")), {}});
  v1::PushResponse response = stream->Receive();
  EXPECT_EQ(response.ack().sequence(), 1);
  ASSERT_EQ(response.ack().rejections_size(), 1);
  const v1::Rejection& rejection = response.ack().rejections(0);
  EXPECT_EQ(rejection.sequence(), 1);
  EXPECT_EQ(rejection.batch(), 0);
  EXPECT_EQ(rejection.code(), 8);
  EXPECT_EQ(rejection.reason(), "full");
  EXPECT_EQ(rejection.first_offset(), 0);

  log_.Open();
  stream->SendBatches(2, {Batch(16), Batch(16, "app", 2)});  // behind the hole; of another file
  response = stream->Receive();
  ASSERT_EQ(response.ack().rejections_size(), 1);
  EXPECT_EQ(response.ack().rejections(0).batch(), 0);
  EXPECT_EQ(response.ack().rejections(0).first_offset(), 16);

  stream->SendBatches(3, {Batch(0), Batch(16)});
  response = stream->Receive();
  EXPECT_EQ(response.ack().sequence(), 3);
  EXPECT_EQ(response.ack().rejections_size(), 0);
  EXPECT_EQ(RecordsIn("app"), 3);
}

TEST_F(PushSessionTest, RejectsTopicsBeyondTheLogsBoundAndTakesTheOthers) {
  auto stream = Connect();
  stream->SendBatches(1, {Batch(0, "a", 1), Batch(0, "b", 2), Batch(0, "c", 3)});
  v1::PushResponse response = stream->Receive();
  ASSERT_EQ(response.ack().rejections_size(), 1);
  EXPECT_EQ(response.ack().rejections(0).batch(), 2);
  EXPECT_EQ(response.ack().rejections(0).code(), 8);
  EXPECT_EQ(RecordsIn("a") + RecordsIn("b"), 2);
}

TEST_F(PushSessionTest, NeverStoresBehindABatchOfARefusedTopic) {
  auto stream = Connect();
  stream->SendBatches(1, {Batch(0, "a", 1), Batch(0, "b", 2)});
  EXPECT_EQ(stream->Receive().ack().sequence(), 1);
  // A file whose directory was renamed: its first lines went to a topic that is one too many.
  log_.Close();
  stream->SendBatches(2, {Batch(0, "c", 3)});
  stream->SendBatches(3, {Batch(16, "a", 3)});
  log_.Open();
  std::vector<v1::Rejection> rejections;
  for (v1::PushResponse response; response.ack().sequence() != 3;) {
    response = stream->Receive();
    rejections.insert(rejections.end(), response.ack().rejections().begin(), response.ack().rejections().end());
  }
  ASSERT_EQ(rejections.size(), 2);
  EXPECT_EQ(RecordsIn("a"), 1);
}

TEST_F(PushSessionTest, EndsAStreamOfWhichTooManyFilesAreHeld) {
  auto stream = Connect();
  stream->SendBatches(1, {Batch(0, "a", 1), Batch(0, "b", 2)});
  EXPECT_EQ(stream->Receive().ack().sequence(), 1);
  stream->SendBatches(2, {Batch(0, "c", 3), Batch(0, "d", 4), Batch(0, "e", 5)});
  EXPECT_EQ(stream->AwaitEnd().code(), absl::StatusCode::kResourceExhausted);
  // The agent comes back.
  EXPECT_TRUE(Connect()->ended() == false);
}

TEST_F(PushSessionTest, IsNotReadWhileTooMuchOfItIsUnderWay) {
  auto stream = Connect();
  log_.Close();
  uint64_t sequence = 0;
  while (stream->reading()) {
    ++sequence;
    stream->SendBatches(sequence, {Batch(16 * (sequence - 1))});
  }
  const size_t message = Batch(0).ByteSizeLong();
  EXPECT_GE(sequence, 1024 / (message + 16));
  EXPECT_LE(sequence, 1024 / message + 1);
  log_.LetOnePass();
  EXPECT_EQ(stream->Receive().ack().sequence(), 1);
  stream->SendBatches(sequence + 1, {Batch(16 * sequence)});
  EXPECT_FALSE(stream->ended());
}

TEST_F(PushSessionTest, StreamsWaitWhileTooMuchOfAllIsUnderWay) {
  log_.Close();
  std::vector<std::unique_ptr<PushStream>> streams;
  size_t under_way = 0;
  for (int i = 0; under_way < 4096; ++i) {
    std::string agent = "web-" + std::to_string(i);
    streams.push_back(Connect(agent));
    v1::LogBatch batch = MakeBatch({.agent = agent, .lines = 40});
    streams.back()->SendBatches(1, {batch});
    under_way = budget_.bytes();
  }
  auto late = std::make_unique<PushStream>(&context_);
  late->SendHello("late");
  late->ReceiveWelcome();
  EXPECT_FALSE(late->reading());
  log_.Open();
  late->SendBatches(1, {MakeBatch({.agent = "late"})});
  EXPECT_EQ(late->Receive().ack().sequence(), 1);
}

TEST_F(PushSessionTest, IsNotReadWhileItsAgentDoesNotTakeItsRejections) {
  auto stream = Connect();
  stream->SendBatches(1, {Batch(0, "a", 1), Batch(0, "b", 2)});
  EXPECT_EQ(stream->Receive().ack().sequence(), 1);
  stream->SendBatches(2, {Batch(0, "c", 3)});
  EXPECT_EQ(stream->Receive().ack().sequence(), 2);
  // Held back: all of them rejected at once, and none of the acks taken but the one under way.
  stream->SendBatches(3, {Batch(16, "c", 3)});
  uint64_t sequence = 3;
  for (; stream->reading(); ++sequence) stream->SendBatches(sequence + 1, {Batch(16 * sequence, "c", 3)});
  EXPECT_LE(sequence, 3 + 5);
}

TEST_F(PushSessionTest, CountsRecordsBySeverityAndTheAgentsFigures) {
  auto stream = Connect();
  v1::LogBatch batch = MakeBatch({.lines = 3, .line_bytes = 15});
  stream->SendBatches(1, {batch});
  EXPECT_EQ(stream->Receive().ack().sequence(), 1);
  EXPECT_EQ(metrics_.OfTopic("app").records[SeverityRange(v1::SEVERITY_INFO)]->Value(), 2);
  EXPECT_EQ(metrics_.OfTopic("app").records[SeverityRange(v1::SEVERITY_WARN)]->Value(), 1);
  EXPECT_EQ(metrics_.OfTopic("app").bytes->Value(), batch.ByteSizeLong());

  v1::PushRequest request;
  request.mutable_status()->set_files(7);
  request.mutable_status()->set_lag_bytes(99);
  stream->Send(request);
  std::vector<v1::Agent> agents = sessions_.List(/*files=*/false);
  ASSERT_EQ(agents.size(), 1);
  EXPECT_EQ(agents[0].files(), 7);
  EXPECT_EQ(agents[0].lag_bytes(), 99);
  EXPECT_EQ(agents[0].records(), 3);
  EXPECT_TRUE(agents[0].connected());
}

// An agent lists up to 1,000 files and 256 KiB of them.
TEST_F(PushSessionTest, TakesAStatusWithAsManyFilesAsAnAgentLists) {
  auto stream = Connect();
  v1::PushRequest request;
  request.mutable_status()->set_files(1000);
  for (int i = 0; i < 1000; ++i)
    request.mutable_status()->mutable_file_list()->add_files()->set_path(std::string(255, 'p'));
  stream->Send(request);
  ASSERT_EQ(sessions_.List(/*files=*/false).size(), 1);
  EXPECT_EQ(sessions_.List(/*files=*/false)[0].files(), 1000);
}

TEST_F(PushSessionTest, EndsAStreamThatDoesNotSayHello) {
  context_.limits.hello_timeout = absl::Milliseconds(1);
  PushStream stream(&context_);
  EXPECT_EQ(stream.AwaitEnd().code(), absl::StatusCode::kDeadlineExceeded);
}

// What a broken or hostile client sends after its welcome, and what it is told.
struct BadMessage {
  std::string name;
  std::string bytes;
  std::string problem;
};

std::vector<BadMessage> BadMessages() {
  auto with = [](uint64_t sequence, const v1::LogBatch& batch) {
    v1::PushRequest request;
    request.set_sequence(sequence);
    *request.add_batches() = batch;
    return request.SerializeAsString();
  };
  v1::LogBatch good = MakeBatch({});
  v1::LogBatch other_agent = MakeBatch({.agent = "db-1"});
  v1::LogBatch bad_topic = MakeBatch({.topic = "a/../b"});
  v1::LogBatch long_topic = MakeBatch({.topic = std::string(250, 'a')});
  v1::LogBatch no_records = good;
  no_records.clear_records();
  v1::LogBatch untrue = good;
  untrue.mutable_summary()->set_count(7);
  v1::LogBatch backwards = good;
  backwards.set_end_offset(0);
  v1::PushRequest hello_again;
  hello_again.mutable_hello()->set_agent("web-1");
  v1::PushRequest sequence_alone;
  sequence_alone.set_sequence(1);
  v1::PushRequest large_status;
  (*large_status.mutable_status()->mutable_bytes_lost())[std::string(1'000'000, 'x')] = 1;
  std::string truncated = with(1, good);
  truncated.resize(truncated.size() - 5);
  return {
      {"not protobuf", "hello\n", "malformed PushRequest at byte"},
      {"truncated", truncated, "malformed PushRequest at byte 2"},
      {"absurd length", std::string("\x22\xff\xff\xff\xff\x0f", 6), "malformed PushRequest at byte 0"},
      {"a batch that is none",
       std::string("\x18\x01\x22\x03"
                   "abc"),
       "message 1: batches[0]: "},
      {"sequence skipped", with(2, good), "sequence is 2, expected 1"},
      {"no sequence", with(0, good), "sequence is 0, expected 1"},
      {"sequence without batches", sequence_alone.SerializeAsString(), "sequence is 1, expected 0"},
      {"hello again", hello_again.SerializeAsString(), "hello came a second time"},
      {"another agent's batch", with(1, other_agent), "agent is 'db-1', but the stream's hello said 'web-1'"},
      {"illegal topic", with(1, bad_topic), "topic"},
      {"endless topic", with(1, long_topic), "topic has 250 characters"},
      {"no records", with(1, no_records), "no records"},
      {"untrue summary", with(1, untrue), "summary.count says 7"},
      {"backwards", with(1, backwards), "first_offset 0 is not below end_offset 0"},
      {"large status", large_status.SerializeAsString(), "status has "},
      {"status no message", std::string("\x12\x02\xff\xff"), "status is malformed"},
  };
}

TEST_F(PushSessionTest, SaysWhatIsWrongWithAMalformedMessage) {
  for (const BadMessage& bad : BadMessages()) {
    auto stream = Connect();
    stream->SendBytes(bad.bytes);
    absl::Status status = stream->AwaitEnd();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.name;
    EXPECT_THAT(std::string(status.message()), HasSubstr(bad.problem)) << bad.name;
  }
  EXPECT_EQ(RecordsIn("app"), 0);
}

TEST_F(PushSessionTest, SaysWhatIsWrongWithAFirstMessage) {
  auto hello = [](const std::string& agent, const std::string& instance) {
    v1::PushRequest request;
    request.mutable_hello()->set_agent(agent);
    request.mutable_hello()->set_instance(instance);
    return request;
  };
  v1::PushRequest with_batch = hello("web-1", "i");
  with_batch.set_sequence(1);
  *with_batch.add_batches() = MakeBatch({});
  v1::PushRequest only_batch = with_batch;
  only_batch.clear_hello();
  v1::PushRequest long_host = hello("web-1", "i");
  long_host.mutable_hello()->set_host(std::string(1000, 'x'));
  struct {
    std::string bytes;
    absl::StatusCode code;
    std::string problem;
  } const cases[] = {
      {"", absl::StatusCode::kFailedPrecondition, "first message"},
      {only_batch.SerializeAsString(), absl::StatusCode::kFailedPrecondition, "first message"},
      {with_batch.SerializeAsString(), absl::StatusCode::kInvalidArgument, "alone"},
      {hello("", "i").SerializeAsString(), absl::StatusCode::kInvalidArgument, "hello.agent"},
      {hello("a b", "i").SerializeAsString(), absl::StatusCode::kInvalidArgument, "hello.agent"},
      {hello(std::string(129, 'a'), "i").SerializeAsString(), absl::StatusCode::kInvalidArgument, "hello.agent"},
      {hello("web-1", "").SerializeAsString(), absl::StatusCode::kInvalidArgument, "hello.instance"},
      {long_host.SerializeAsString(), absl::StatusCode::kInvalidArgument, "hello.host has 1000 bytes"},
      {std::string("\x0a\x02\x0a\x7f", 4), absl::StatusCode::kInvalidArgument, "hello is malformed"},
      {std::string("\xff\xff", 2), absl::StatusCode::kInvalidArgument, "malformed PushRequest"},
  };
  for (const auto& c : cases) {
    PushStream stream(&context_);
    stream.SendBytes(c.bytes);
    absl::Status status = stream.AwaitEnd();
    EXPECT_EQ(status.code(), c.code) << c.problem << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.problem));
  }
}

}  // namespace
}  // namespace sluice::collector
