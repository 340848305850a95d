#include "collector/ingest/agent_sessions.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace sluice::collector {
namespace {

class FakeStream final : public AgentStream {
 public:
  void TakenOver() override { ++taken_over; }
  int taken_over = 0;
  int granted = 0;
};

class AgentSessionsTest : public ::testing::Test {
 protected:
  absl::Status Open(const std::string& agent, const std::string& instance, std::shared_ptr<FakeStream> stream) {
    v1::Hello hello;
    hello.set_agent(agent);
    hello.set_instance(instance);
    hello.set_host("host of " + agent);
    hello.set_version("1.2.3");
    hello.set_start_time_unix_nano(5'000'000'000);
    return sessions_.Open(hello, "ipv4:10.0.0.1:1", stream, [stream] { ++stream->granted; });
  }
  void Leave(const std::string& agent, const std::shared_ptr<FakeStream>& stream) {
    sessions_.Disconnect(agent, stream.get());
    sessions_.Release(agent, stream.get());
  }
  std::string Scrape() { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

  SimulatedClock clock_;
  prometheus::Registry registry_;
  CollectorMetrics metrics_{&registry_};
  AgentSessions sessions_{2, &clock_, &metrics_};
  std::shared_ptr<FakeStream> a_ = std::make_shared<FakeStream>();
  std::shared_ptr<FakeStream> b_ = std::make_shared<FakeStream>();
  std::shared_ptr<FakeStream> c_ = std::make_shared<FakeStream>();
};

TEST_F(AgentSessionsTest, GrantsTheFirstStreamAtOnce) {
  ASSERT_TRUE(Open("web-1", "i", a_).ok());
  EXPECT_EQ(a_->granted, 1);
}

TEST_F(AgentSessionsTest, GrantsTheNextStreamWhenTheOneBeforeHasReleased) {
  ASSERT_TRUE(Open("web-1", "i", a_).ok());
  ASSERT_TRUE(Open("web-1", "i", b_).ok());
  EXPECT_EQ(a_->taken_over, 1);
  EXPECT_EQ(b_->granted, 0);
  sessions_.Disconnect("web-1", a_.get());
  EXPECT_EQ(b_->granted, 0);
  sessions_.Release("web-1", a_.get());
  EXPECT_EQ(b_->granted, 1);
}

TEST_F(AgentSessionsTest, NeverGrantsAWaitingStreamThatWasTakenOver) {
  ASSERT_TRUE(Open("web-1", "i", a_).ok());
  ASSERT_TRUE(Open("web-1", "i", b_).ok());
  ASSERT_TRUE(Open("web-1", "i", c_).ok());
  EXPECT_EQ(b_->taken_over, 1);
  Leave("web-1", b_);
  EXPECT_EQ(c_->granted, 0);
  Leave("web-1", a_);
  EXPECT_EQ(b_->granted, 0);
  EXPECT_EQ(c_->granted, 1);
}

TEST_F(AgentSessionsTest, GrantsNoneIfTheWaitingStreamLeft) {
  ASSERT_TRUE(Open("web-1", "i", a_).ok());
  ASSERT_TRUE(Open("web-1", "i", b_).ok());
  Leave("web-1", b_);
  Leave("web-1", a_);
  EXPECT_EQ(b_->granted, 0);
  ASSERT_TRUE(Open("web-1", "i", c_).ok());
  EXPECT_EQ(c_->granted, 1);
}

TEST_F(AgentSessionsTest, RefusesAnotherInstanceWhileOneIsConnected) {
  ASSERT_TRUE(Open("web-1", "i", a_).ok());
  EXPECT_EQ(Open("web-1", "j", b_).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(a_->taken_over, 0);
  // Also while a newer stream of the same one waits.
  ASSERT_TRUE(Open("web-1", "i", c_).ok());
  EXPECT_EQ(Open("web-1", "j", b_).code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(AgentSessionsTest, LetsAnotherInstanceWaitForOneThatIsGone) {
  ASSERT_TRUE(Open("web-1", "i", a_).ok());
  sessions_.Disconnect("web-1", a_.get());
  ASSERT_TRUE(Open("web-1", "j", b_).ok());
  EXPECT_EQ(b_->granted, 0);
  sessions_.Release("web-1", a_.get());
  EXPECT_EQ(b_->granted, 1);
}

TEST_F(AgentSessionsTest, ListsAgentsByIdWithWhatIsKnownOfThem) {
  ASSERT_TRUE(Open("web-2", "i", a_).ok());
  ASSERT_TRUE(Open("web-1", "i", b_).ok());
  sessions_.RecordStored("web-1", 10);
  sessions_.RecordStored("web-1", 5);
  v1::AgentStatus status;
  status.set_files(3);
  status.set_lag_bytes(4);
  (*status.mutable_bytes_lost())["truncated"] = 5;
  sessions_.RecordStatus("web-1", status);
  clock_.Advance(2'000'000'000);
  sessions_.Seen("web-1");
  Leave("web-2", a_);

  std::vector<v1::Agent> agents = sessions_.List(/*files=*/false);
  ASSERT_EQ(agents.size(), 2);
  EXPECT_EQ(agents[0].id(), "web-1");
  EXPECT_EQ(agents[0].host(), "host of web-1");
  EXPECT_EQ(agents[0].version(), "1.2.3");
  EXPECT_EQ(agents[0].peer(), "ipv4:10.0.0.1:1");
  EXPECT_TRUE(agents[0].connected());
  EXPECT_EQ(agents[0].records(), 15);
  EXPECT_EQ(agents[0].files(), 3);
  EXPECT_EQ(agents[0].lag_bytes(), 4);
  EXPECT_EQ(agents[0].bytes_lost().at("truncated"), 5);
  EXPECT_EQ(agents[0].start_time().seconds(), 5);
  EXPECT_EQ(agents[0].last_seen().seconds() - agents[0].connected_since().seconds(), 2);
  EXPECT_EQ(agents[1].id(), "web-2");
  EXPECT_FALSE(agents[1].connected());
  EXPECT_FALSE(agents[1].has_connected_since());
  EXPECT_NE(Scrape().find("last_seen_timestamp_seconds{agent=\"web-1\"} 1700000002"), std::string::npos);
}

TEST_F(AgentSessionsTest, KeepsTheFilesOfTheLastStatusThatHadThem) {
  ASSERT_TRUE(Open("web-1", "i", a_).ok());
  v1::AgentStatus status;
  status.set_lag_millis(1500);
  status.set_records_per_second(250);
  status.set_config_error("agent.yaml:3: sources[0].root: …");
  status.mutable_file_list()->add_files()->set_path("/var/log/x.log");
  status.mutable_file_list()->set_omitted(7);
  sessions_.RecordStatus("web-1", status);
  status.clear_file_list();
  status.clear_config_error();
  sessions_.RecordStatus("web-1", status);
  EXPECT_FALSE(sessions_.List(/*files=*/false)[0].has_file_list());
  v1::Agent agent = sessions_.List(/*files=*/true)[0];
  EXPECT_EQ(agent.lag_millis(), 1500);
  EXPECT_EQ(agent.records_per_second(), 250);
  EXPECT_EQ(agent.config_error(), "") << "it was put right";
  ASSERT_EQ(agent.file_list().files_size(), 1);
  EXPECT_EQ(agent.file_list().files(0).path(), "/var/log/x.log");
  EXPECT_EQ(agent.file_list().omitted(), 7);
  Leave("web-1", a_);
  EXPECT_EQ(sessions_.List(/*files=*/true)[0].records_per_second(), 0) << "who is gone sends nothing";
}

TEST_F(AgentSessionsTest, KeepsNoMoreOfAStatusThanThereIsRoomFor) {
  ASSERT_TRUE(Open("web-1", "i", a_).ok());
  v1::AgentStatus status;
  status.set_config_error(std::string(1 << 20, 'x'));
  status.mutable_file_list()->add_files()->set_path(std::string(1 << 20, 'x'));
  sessions_.RecordStatus("web-1", status);
  v1::Agent agent = sessions_.List(/*files=*/true)[0];
  EXPECT_LT(agent.ByteSizeLong(), 5000);
  EXPECT_NE(agent.config_error(), "") << "that there is an error is not lost";
  EXPECT_FALSE(agent.has_file_list());
}

TEST_F(AgentSessionsTest, ForgetsTheAgentThatWasAwayForLongest) {
  ASSERT_TRUE(Open("old", "i", a_).ok());
  Leave("old", a_);
  clock_.Advance(1);
  ASSERT_TRUE(Open("young", "i", b_).ok());
  Leave("young", b_);
  ASSERT_TRUE(Open("fresh", "i", c_).ok());
  std::vector<v1::Agent> agents = sessions_.List(/*files=*/false);
  ASSERT_EQ(agents.size(), 2);
  EXPECT_EQ(agents[0].id(), "fresh");
  EXPECT_EQ(agents[1].id(), "young");
  EXPECT_EQ(Scrape().find("\"old\""), std::string::npos);
}

TEST_F(AgentSessionsTest, RefusesAnAgentWhenAllThatItRemembersAreConnected) {
  ASSERT_TRUE(Open("a", "i", a_).ok());
  ASSERT_TRUE(Open("b", "i", b_).ok());
  EXPECT_EQ(Open("c", "i", c_).code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace sluice::collector
