#include "agent/ship/shipper.h"

#include <atomic>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/ship/testing_collector.h"
#include "base/strings.h"
#include "base/wire.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = LinkEvent::Kind;

v1::FileWatermark Watermark(uint64_t inode) {
  v1::FileWatermark watermark;
  watermark.mutable_file()->set_inode(inode);
  watermark.set_end_offset(inode * 100);
  return watermark;
}

// What the encoder would make: a PushRequest without its sequence.
SharedBytes Message(const std::string& topic) {
  v1::PushRequest request;
  request.add_batches()->set_topic(topic);
  return SharedBytes::FromString(request.SerializeAsString());
}

// More than gRPC takes off the writer's hands while nobody reads.
SharedBytes LargeMessage() { return Message(std::string(16 << 20, 'x')); }

// What Send says of a message that went nowhere: acks that are still to be taken must not cover it.
constexpr uint64_t kDropped = std::numeric_limits<uint64_t>::max();

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class ShipperTest : public ::testing::Test {
 protected:
  ShipperTest() : metrics_(&registry_) {
    options_.hello.set_agent("a");
    options_.hello.set_instance("i");
    options_.backoff_initial = absl::Milliseconds(1);
    options_.backoff_max = absl::Milliseconds(20);
    options_.handshake_timeout = kPatience;
  }

  absl::Status Start(const std::string& address) {
    options_.addresses = {address};
    shipper_ = std::make_unique<Shipper>(options_, &waker_, &metrics_);
    return shipper_->Start();
  }

  // Waits as the tailer does: woken, never polling.
  template <typename Condition>
  bool WaitUntil(Condition condition) {
    absl::Time deadline = absl::Now() + kPatience;
    while (!condition()) {
      if (absl::Now() >= deadline) return false;
      WaitReadable({waker_.descriptor()}, deadline - absl::Now());
      waker_.Clear();
    }
    return true;
  }

  LinkEvent Next() {
    bool came = WaitUntil([this] {
      std::vector<LinkEvent> taken;
      shipper_->Take(&taken);
      for (LinkEvent& event : taken) events_.push_back(std::move(event));
      return !events_.empty();
    });
    EXPECT_TRUE(came) << "nothing happened";
    if (!came) return {};
    LinkEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  // From the agent's hello to its kConnected.
  AgentStream* Handshake(ScriptedCollector* collector) {
    AgentStream* stream = collector->Accept();
    EXPECT_TRUE(stream->Read().has_value());
    EXPECT_TRUE(stream->Welcome({}));
    EXPECT_EQ(Next().kind, Kind::kConnected);
    return stream;
  }

  // Of connections; nobody is woken for those.
  bool WaitForFailures(double count) {
    absl::Time deadline = absl::Now() + kPatience;
    while (metrics_.connections_lost.Value() < count && absl::Now() < deadline) std::this_thread::yield();
    return metrics_.connections_lost.Value() >= count;
  }

  uint64_t SendWhenWritable(SharedBytes message) {
    EXPECT_TRUE(WaitUntil([this] { return shipper_->Writable(); })) << "never writable";
    return shipper_->Send(std::move(message));
  }

  prometheus::Registry registry_;
  AgentMetrics metrics_;
  Waker waker_;
  Shipper::Options options_;
  std::unique_ptr<Shipper> shipper_;
  std::deque<LinkEvent> events_;
};

const grpc::Status kStopping(grpc::StatusCode::UNAVAILABLE, "the collector is stopping");

TEST_F(ShipperTest, SaysHelloAndDeliversAllWelcomesAsOneEvent) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  AgentStream* stream = collector.Accept();
  std::optional<v1::PushRequest> hello = stream->Read();
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->hello().SerializeAsString(), options_.hello.SerializeAsString());
  EXPECT_TRUE(stream->Welcome({Watermark(1), Watermark(2)}, /*complete=*/false));
  EXPECT_TRUE(stream->Welcome({Watermark(3)}, /*complete=*/false));
  EXPECT_FALSE(shipper_->Writable());
  EXPECT_TRUE(stream->Welcome({}, /*complete=*/true));

  LinkEvent event = Next();
  EXPECT_EQ(event.kind, Kind::kConnected);
  std::vector<uint64_t> offsets;
  for (const v1::FileWatermark& watermark : event.watermarks) offsets.push_back(watermark.end_offset());
  EXPECT_THAT(offsets, ElementsAre(100, 200, 300));
  EXPECT_TRUE(WaitUntil([this] { return shipper_->Writable(); }));
}

TEST_F(ShipperTest, NumbersMessagesAnewOnEachConnectionAndLeavesTheirBytesAsTheyAre) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  for (int connection = 0; connection < 2; ++connection) {
    AgentStream* stream = Handshake(&collector);
    for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
      SharedBytes message = Message(StrCat("topic-", sequence));
      EXPECT_EQ(SendWhenWritable(message), sequence);
      std::optional<std::string> bytes = stream->ReadBytes();
      ASSERT_TRUE(bytes.has_value());
      EXPECT_EQ(bytes->substr(0, message.size()), message.view());
      v1::PushRequest behind;
      ASSERT_TRUE(behind.ParseFromString(bytes->substr(message.size())));
      EXPECT_EQ(behind.sequence(), sequence);
    }
    stream->End(kStopping);
    EXPECT_EQ(Next().kind, Kind::kDisconnected);
    EXPECT_FALSE(shipper_->Writable());
  }
  EXPECT_EQ(metrics_.connections_lost.Value(), 2);
}

TEST_F(ShipperTest, DeliversAcksInOrderAndTheBreakBehindThem) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  AgentStream* stream = Handshake(&collector);
  v1::PushResponse rejected;
  rejected.mutable_ack()->set_sequence(7);
  rejected.mutable_ack()->add_rejections()->set_reason("topic is full");
  EXPECT_TRUE(stream->Ack(2));
  EXPECT_TRUE(stream->Write(v1::PushResponse()));  // of a later version: nothing that we know
  EXPECT_TRUE(stream->Write(rejected));
  EXPECT_TRUE(stream->Ack(9));
  stream->End(kStopping);

  LinkEvent event = Next();
  EXPECT_EQ(event.kind, Kind::kAcked);
  EXPECT_EQ(event.ack.sequence(), 2);
  event = Next();
  EXPECT_EQ(event.ack.sequence(), 7);
  EXPECT_EQ(event.ack.rejections(0).reason(), "topic is full");
  EXPECT_EQ(Next().ack.sequence(), 9);
  EXPECT_EQ(Next().kind, Kind::kDisconnected);
  Handshake(&collector);
}

TEST_F(ShipperTest, TellsOnlyOfTheEndOfConnectionsThatItToldOf) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  for (int i = 0; i < 3; ++i) collector.Accept()->End(kStopping);
  AgentStream* stream = collector.Accept();
  EXPECT_TRUE(stream->Welcome({Watermark(1)}, /*complete=*/false));
  stream->End(kStopping);
  stream = collector.Accept();
  EXPECT_TRUE(stream->Welcome({Watermark(2)}));
  LinkEvent event = Next();
  EXPECT_EQ(event.kind, Kind::kConnected);
  ASSERT_EQ(event.watermarks.size(), 1) << "nothing is left of a handshake that broke off";
  EXPECT_EQ(event.watermarks[0].end_offset(), 200);
}

TEST_F(ShipperTest, SaysEachReasonOnceAndWaitsLongerEachTime) {
  options_.backoff_initial = absl::Milliseconds(8);
  options_.backoff_max = absl::Milliseconds(32);
  ScriptedCollector collector;
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(Start(collector.address()).ok());
  for (int reason : {1, 2, 3, 4, 4, 4}) {
    collector.Accept()->End({grpc::StatusCode::ALREADY_EXISTS, StrCat("reason ", reason)});
  }
  Handshake(&collector)->End({grpc::StatusCode::ALREADY_EXISTS, "reason 4"});
  EXPECT_EQ(Next().kind, Kind::kDisconnected);
  collector.Accept();
  shipper_->Stop(absl::ZeroDuration());
  std::string log = ::testing::internal::GetCapturedStderr();

  const std::regex pattern("reason=\"ALREADY_EXISTS: reason (\\d)\" retry_ms=(\\d+)");
  std::vector<std::pair<int, int>> said;
  for (std::sregex_iterator it(log.begin(), log.end(), pattern), end; it != end; ++it) {
    said.emplace_back(std::stoi((*it)[1]), std::stoi((*it)[2]));
  }
  ASSERT_EQ(said.size(), 5) << log;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(said[i].first, i + 1);
    int step = std::min(8 << i, 32);
    EXPECT_GE(said[i].second, step / 2) << i;
    EXPECT_LE(said[i].second, step) << i;
  }
  EXPECT_EQ(said[4].first, 4) << "said again after a connection";
  EXPECT_LE(said[4].second, 8) << "and tried again as soon as the first time";
}

TEST_F(ShipperTest, ConnectsWhenTheCollectorAppears) {
  ReservedPort reserved;
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(Start(StrCat("127.0.0.1:", reserved.port())).ok());
  EXPECT_TRUE(WaitForFailures(2));
  EXPECT_FALSE(shipper_->Writable());
  ScriptedCollector collector(reserved.port());
  Handshake(&collector);
  EXPECT_EQ(metrics_.connected.Value(), 1);
  EXPECT_EQ(Count(::testing::internal::GetCapturedStderr(), "Connection refused"), 1);
}

TEST_F(ShipperTest, ConnectsAgainWhenTheCollectorWasReplaced) {
  ReservedPort reserved;
  auto collector = std::make_unique<ScriptedCollector>(reserved.port());
  ASSERT_TRUE(Start(collector->address()).ok());
  Handshake(collector.get());
  collector.reset();
  EXPECT_EQ(Next().kind, Kind::kDisconnected);
  EXPECT_EQ(metrics_.connected.Value(), 0);
  collector = std::make_unique<ScriptedCollector>(reserved.port());
  Handshake(collector.get());
}

TEST_F(ShipperTest, GoesToAnotherCollectorAtOnceAndComesBackToThePreferredOneInOrder) {
  options_.return_interval = absl::Milliseconds(10);
  ReservedPort ports[2];
  std::vector<std::unique_ptr<ScriptedCollector>> collectors;
  for (ReservedPort& port : ports) {
    collectors.push_back(std::make_unique<ScriptedCollector>(port.port()));
    options_.addresses.push_back(collectors.back()->address());
  }
  // Which one it prefers is its own affair.
  const std::vector<std::string> order = PreferredOrder(options_.addresses, options_.hello.agent());
  const size_t preferred = order[0] == options_.addresses[0] ? 0 : 1;
  shipper_ = std::make_unique<Shipper>(options_, &waker_, &metrics_);
  ASSERT_TRUE(shipper_->Start().ok());
  Handshake(collectors[preferred].get());
  collectors[preferred].reset();
  EXPECT_EQ(Next().kind, Kind::kDisconnected);
  AgentStream* refuge = Handshake(collectors[1 - preferred].get());

  collectors[preferred] = std::make_unique<ScriptedCollector>(ports[preferred].port());
  EXPECT_FALSE(refuge->Read().has_value());  // it says that nothing more comes, and waits
  EXPECT_FALSE(refuge->cancelled());
  ::testing::internal::CaptureStderr();
  refuge->End(grpc::Status::OK);
  EXPECT_EQ(Next().kind, Kind::kDisconnected);
  Handshake(collectors[preferred].get());
  EXPECT_EQ(metrics_.connections_lost.Value(), 1) << "going back is no loss";
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), Not(HasSubstr("not connected")));
}

TEST(PreferredOrderTest, SpreadsAgentsEvenlyAlsoWhenACollectorIsAway) {
  const std::vector<std::string> addresses = {"a:1", "b:1", "c:1"};
  std::map<std::string, int> first;
  std::map<std::string, int> second;
  for (int i = 0; i < 3000; ++i) {
    const std::vector<std::string> order = PreferredOrder(addresses, StrCat("agent-", i));
    ++first[order[0]];
    if (order[0] == "a:1") ++second[order[1]];
  }
  for (const auto& [address, agents] : first) EXPECT_NEAR(agents, 1000, 150) << address;
  EXPECT_NEAR(second["b:1"], second["c:1"], 150);
}

TEST_F(ShipperTest, EndsAHandshakeThatIsNotAnsweredAndTriesAgain) {
  options_.handshake_timeout = absl::Milliseconds(20);
  ScriptedCollector collector;
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(Start(collector.address()).ok());
  AgentStream* stream = collector.Accept();
  while (stream->Read().has_value()) continue;  // its hello, if it came in time, and the end
  EXPECT_TRUE(stream->cancelled());
  collector.Accept();
  shipper_->Stop(absl::ZeroDuration());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("the collector did not answer the handshake"));
}

TEST_F(ShipperTest, ConnectsAnewAfterAMalformedAnswer) {
  ScriptedCollector collector;
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(Start(collector.address()).ok());
  AgentStream* stream = Handshake(&collector);
  EXPECT_TRUE(stream->Ack(1));
  EXPECT_TRUE(stream->WriteBytes("\x0a\x7fshort"));
  EXPECT_EQ(Next().kind, Kind::kAcked);
  EXPECT_EQ(Next().kind, Kind::kDisconnected);
  EXPECT_FALSE(stream->Read().has_value());
  Handshake(&collector);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("DATA_LOSS: the collector sent a malformed PushResponse of 7 bytes"));
}

TEST_F(ShipperTest, TakesOneMessageAheadWhileTheCollectorDoesNotRead) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  AgentStream* stream = Handshake(&collector);
  EXPECT_EQ(SendWhenWritable(LargeMessage()), 1);
  EXPECT_EQ(SendWhenWritable(LargeMessage()), 2);
  EXPECT_FALSE(shipper_->Writable()) << "one is being written, one waits";
  EXPECT_EQ(stream->Read()->sequence(), 1);
  EXPECT_EQ(SendWhenWritable(Message("more")), 3) << "woken when there is room again";
  EXPECT_EQ(stream->Read()->sequence(), 2);
  EXPECT_EQ(stream->Read()->sequence(), 3);
}

TEST_F(ShipperTest, ANewerStatusReplacesOneThatWaits) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  v1::AgentStatus status;
  shipper_->SendStatus(status);  // before the handshake: nobody would know whose it is
  AgentStream* stream = Handshake(&collector);
  EXPECT_EQ(SendWhenWritable(LargeMessage()), 1);
  for (uint64_t files : {1, 2, 3}) {
    status.set_files(files);
    shipper_->SendStatus(status);
  }
  EXPECT_EQ(stream->Read()->sequence(), 1);
  std::optional<v1::PushRequest> request = stream->Read();
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->status().files(), 3);
  EXPECT_EQ(request->sequence(), 0) << "a status is not numbered";
  EXPECT_EQ(SendWhenWritable(Message("next")), 2);
  EXPECT_EQ(stream->Read()->sequence(), 2);
}

TEST_F(ShipperTest, StopDeliversWhatWasSent) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  AgentStream* stream = Handshake(&collector);
  EXPECT_EQ(SendWhenWritable(LargeMessage()), 1);
  EXPECT_EQ(SendWhenWritable(Message("last")), 2);
  std::thread stopping([this] { shipper_->Stop(kPatience); });
  EXPECT_EQ(stream->Read()->sequence(), 1);
  EXPECT_EQ(stream->Read()->sequence(), 2);
  EXPECT_FALSE(stream->Read().has_value());
  EXPECT_FALSE(stream->cancelled()) << "the end of what it has to say, not a broken stream";
  EXPECT_TRUE(stream->Ack(2)) << "and still heard";
  stream->End(grpc::Status::OK);
  stopping.join();
  EXPECT_EQ(Next().kind, Kind::kAcked);
  EXPECT_EQ(Next().kind, Kind::kDisconnected);
}

TEST_F(ShipperTest, StopWaitsForACollectorThatHangsNoLongerThanItsGrace) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  AgentStream* stream = Handshake(&collector);
  EXPECT_EQ(SendWhenWritable(LargeMessage()), 1);
  absl::Time before = absl::Now();
  shipper_->Stop(absl::Milliseconds(30));
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(30));
  EXPECT_LT(absl::Now() - before, kPatience / 2);
  while (stream->Read().has_value()) continue;
  EXPECT_TRUE(stream->cancelled());
  shipper_->Stop(kPatience);  // nothing more to do
  EXPECT_FALSE(shipper_->Writable());
  EXPECT_EQ(shipper_->Send(Message("late")), kDropped);
}

TEST_F(ShipperTest, StopsBeforeDuringAndBetweenHandshakes) {
  Shipper(options_, &waker_, &metrics_).Stop(kPatience);  // never started
  options_.backoff_initial = options_.backoff_max = absl::Hours(1);
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  collector.Accept();
  shipper_->Stop(absl::ZeroDuration());
  ASSERT_TRUE(Start(collector.address()).ok());
  collector.Accept()->End(kStopping);
  EXPECT_TRUE(WaitForFailures(2));
  absl::Time before = absl::Now();
  shipper_->Stop(absl::Hours(1));  // waits for its next try
  EXPECT_LT(absl::Now() - before, kPatience);
}

// Stop and the first steps of a stream in every order that they may take.
TEST_F(ShipperTest, StopNeverMissesAStreamThatBegins) {
  ScriptedCollector collector;
  std::atomic<bool> over = false;
  std::thread welcoming([&] {
    while (!over) collector.Accept()->Welcome({});
  });
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(Start(collector.address()).ok());
    for (int j = 0; j < i; ++j) std::this_thread::yield();
    shipper_->Stop(absl::ZeroDuration());
  }
  over = true;
  ASSERT_TRUE(Start(collector.address()).ok());  // for the Accept that waits
  welcoming.join();
}

TEST_F(ShipperTest, DropsWhatIsSentAfterTheStreamEnded) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  AgentStream* stream = Handshake(&collector);
  EXPECT_EQ(SendWhenWritable(LargeMessage()), 1);
  EXPECT_EQ(SendWhenWritable(Message("waiting")), 2);
  stream->End(kStopping);
  EXPECT_EQ(Next().kind, Kind::kDisconnected);
  EXPECT_EQ(shipper_->Send(Message("late")), kDropped);
  shipper_->SendStatus({});
  stream = Handshake(&collector);
  EXPECT_EQ(SendWhenWritable(Message("new")), 1);
  std::optional<v1::PushRequest> request = stream->Read();
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->batches(0).topic(), "new");
}

// Its messages belong to the connection that it was told of: on another one they could leave a gap.
TEST_F(ShipperTest, DropsWhatIsSentBeforeTheTailerHeardOfANewConnection) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  AgentStream* stream = Handshake(&collector);
  ASSERT_TRUE(WaitUntil([this] { return shipper_->Writable(); }));
  stream->End(kStopping);
  stream = collector.Accept();
  EXPECT_EQ(shipper_->Send(Message("before the welcome")), kDropped);
  EXPECT_TRUE(stream->Read().has_value());
  EXPECT_TRUE(stream->Welcome({}));
  EXPECT_TRUE(WaitUntil([this] { return metrics_.connected.Value() == 1; }));
  EXPECT_FALSE(shipper_->Writable());
  EXPECT_EQ(shipper_->Send(Message("behind the welcome")), kDropped);
  EXPECT_EQ(Next().kind, Kind::kDisconnected);
  EXPECT_EQ(Next().kind, Kind::kConnected);
  EXPECT_EQ(SendWhenWritable(Message("new")), 1);
  std::optional<v1::PushRequest> request = stream->Read();
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->batches(0).topic(), "new");
}

// The tailer sends while gRPC's threads end the stream.
TEST_F(ShipperTest, SurvivesMessagesInTheMomentOfTheBreak) {
  ScriptedCollector collector;
  ASSERT_TRUE(Start(collector.address()).ok());
  std::atomic<bool> over = false;
  std::thread tailer([&] {
    std::vector<LinkEvent> events;
    while (!over) {
      shipper_->Take(&events);
      if (shipper_->Writable()) shipper_->Send(Message("t"));
      shipper_->SendStatus({});
      events.clear();
    }
  });
  for (int i = 0; i < 100; ++i) {
    AgentStream* stream = collector.Accept();
    EXPECT_TRUE(stream->Read().has_value());
    EXPECT_TRUE(stream->Welcome({}));
    for (int j = 0; j < i % 5; ++j) EXPECT_TRUE(stream->Read().has_value());
    stream->End(kStopping);
  }
  over = true;
  tailer.join();
}

}  // namespace
}  // namespace sluice::agent
