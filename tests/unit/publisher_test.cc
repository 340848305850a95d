// The client library's publisher and a real collector.
#include "consumer/client/publisher.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/random/random.h"
#include "absl/synchronization/notification.h"
#include "base/strings.h"
#include "collector/testing/test_server.h"
#include "consumer/client/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using client::Client;
using client::Publisher;
using client::PublisherOptions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

absl::Time Patience() { return absl::Now() + absl::Seconds(60); }

v1::LogRecord Record(std::string body) {
  v1::LogRecord record;
  record.set_body(std::move(body));
  return record;
}

// One that nobody is given by the system: a server that stops finds it free when it comes back.
uint16_t QuietPort() {
  absl::BitGen random;
  while (true) {
    const auto port = absl::Uniform<uint16_t>(random, 12'000, 30'000);
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_free = bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(probe);
    if (is_free) return port;
  }
}

class PublisherTest : public ::testing::Test {
 protected:
  std::unique_ptr<Client> Connect() {
    return *Client::Create(
        {.address = StrCat("127.0.0.1:", server_->grpc_port()), .retry_max = absl::Milliseconds(200)});
  }

  // The lines of a topic, in the log's order.
  std::vector<std::string> Lines(const std::string& topic) {
    std::vector<std::string> lines;
    const auto client = Connect();
    const auto subscription = client->Subscribe({.topics = {topic}});
    for (const client::Event& event : *subscription) {
      if (event.batch() == nullptr) continue;
      for (const client::RecordView& record : event.batch()->records()) lines.emplace_back(record.line());
    }
    EXPECT_TRUE(subscription->status().ok()) << subscription->status();
    return lines;
  }

  collector::testing::TestServer server_{
      [](collector::CollectorOptions* options) { options->grpc_address.port = QuietPort(); }};
};

TEST_F(PublisherTest, WhatIsFlushedIsInTheLogInOrder) {
  const auto client = Connect();
  const auto publisher = *client->NewPublisher({.id = "billing", .labels = {{"team", "a"}}});
  EXPECT_EQ(publisher->id(), "publisher:billing");
  std::vector<std::string> sent;
  for (int i = 0; i < 1000; ++i) {
    sent.push_back(StrCat("line ", i));
    ASSERT_TRUE(publisher->Publish(i % 2 == 0 ? "even" : "odd", Record(sent.back())).ok());
  }
  ASSERT_TRUE(publisher->Flush(Patience()).ok());
  EXPECT_EQ(publisher->acknowledged(), 1000);
  EXPECT_THAT(Lines("even"), SizeIs(500));
  EXPECT_EQ(Lines("even")[499], "line 998");
  EXPECT_EQ(Lines("odd")[0], "line 1");
  EXPECT_EQ(*publisher->NextSequence("even", Patience()), 500);
  EXPECT_EQ(*publisher->NextSequence("none", Patience()), 0);
  ASSERT_TRUE(publisher->Close(Patience()).ok());
  EXPECT_EQ(publisher->Publish("even", Record("x")).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(PublisherTest, BytesStayWhatTheyAre) {
  const auto client = Connect();
  const auto publisher = *client->NewPublisher();
  EXPECT_TRUE(publisher->id().starts_with("ephemeral:"));
  const std::vector<std::string> bodies = {"", "a\r", std::string("nul \0 inside", 12), "\xff\xfe",
                                           std::string(700'000, 'x')};
  for (const std::string& body : bodies) ASSERT_TRUE(publisher->Publish("t", Record(body)).ok());
  ASSERT_TRUE(publisher->Flush(Patience()).ok());
  EXPECT_EQ(Lines("t"), bodies);
}

TEST_F(PublisherTest, GoesOnAfterTheCollectorRestartsWithNothingLostOrTwice) {
  const auto client = Connect();
  const auto publisher = *client->NewPublisher({.id = "p"});
  std::vector<std::string> sent;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) {
      sent.push_back(StrCat(sent.size()));
      ASSERT_TRUE(publisher->Publish("t", Record(sent.back())).ok());
    }
  });
  for (int i = 0; i < 3; ++i) {
    const uint64_t before = publisher->acknowledged();
    while (publisher->acknowledged() < before + 100) std::this_thread::yield();
    server_.Restart();
  }
  stop = true;
  writer.join();
  ASSERT_TRUE(publisher->Flush(Patience()).ok());
  EXPECT_EQ(Lines("t"), sent);
}

TEST_F(PublisherTest, NumberedRecordsThatTheCollectorHoldsAreLeftOut) {
  for (int run = 0; run < 2; ++run) {
    const auto client = Connect();
    const auto publisher = *client->NewPublisher({.id = "import"});
    for (uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(publisher->PublishAt("t", 3 * i, Record(StrCat(i))).ok());
    ASSERT_TRUE(publisher->Flush(Patience()).ok());
    EXPECT_EQ(*publisher->NextSequence("t", Patience()), 28);
    ASSERT_TRUE(publisher->Close(Patience()).ok());
  }
  EXPECT_THAT(Lines("t"), SizeIs(10));
}

TEST_F(PublisherTest, WaitsForItsTurnAndTakesOver) {
  const auto client = Connect();
  auto first = *client->NewPublisher({.id = "monitor-a"});
  ASSERT_TRUE(first->PublishAt("t", 0, Record("0")).ok());
  ASSERT_TRUE(first->Flush(Patience()).ok());
  const auto other = Connect();
  absl::Notification refused;
  const auto second =
      *other->NewPublisher({.id = "monitor-a", .wait_for_turn = true, .on_state = [&](const auto& state) {
                              const bool waits = absl::IsAlreadyExists(state.reason);
                              if (waits && !refused.HasBeenNotified()) refused.Notify();
                            }});
  refused.WaitForNotification();
  ASSERT_TRUE(second->PublishAt("t", 0, Record("0")).ok());
  ASSERT_TRUE(second->PublishAt("t", 1, Record("1")).ok());
  EXPECT_EQ(second->NextSequence("t", absl::Now()).status().code(), absl::StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(first->Close(Patience()).ok());
  EXPECT_TRUE(second->Flush(Patience()).ok());
  EXPECT_THAT(Lines("t"), ElementsAre("0", "1"));
}

TEST_F(PublisherTest, PublishWaitsWhileThereIsNoRoom) {
  const auto client = Connect();
  server_.Stop();
  const auto publisher = *client->NewPublisher({.pending_bytes_max = 10'000});
  absl::Status status;
  int taken = 0;
  while (status.ok()) {
    status = publisher->Publish("t", Record(std::string(1000, 'x')), absl::Now() + absl::Milliseconds(50));
    taken += status.ok() ? 1 : 0;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no room"));
  EXPECT_LT(taken, 10);
  EXPECT_THAT(std::string(publisher->Flush(absl::Now()).message()), HasSubstr("are not acknowledged"));
  server_.Restart();
  EXPECT_TRUE(publisher->Flush(Patience()).ok());
  EXPECT_THAT(Lines("t"), SizeIs(taken));
}

TEST_F(PublisherTest, ManyThreadsShareOne) {
  const auto client = Connect();
  const auto publisher = *client->NewPublisher({.pending_bytes_max = 100'000});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) ASSERT_TRUE(publisher->Publish(StrCat("t", t % 2), Record(StrCat(t, " ", i))).ok());
      EXPECT_TRUE(publisher->Flush(Patience()).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Lines("t0"), SizeIs(1000));
  EXPECT_THAT(Lines("t1"), SizeIs(1000));
}

TEST_F(PublisherTest, IsNoAgentButIsListedWhenAskedFor) {
  const auto client = Connect();
  const auto publisher = *client->NewPublisher({.id = "p", .version = "1.2"});
  ASSERT_TRUE(publisher->Publish("t", Record("x")).ok());
  ASSERT_TRUE(publisher->Flush(Patience()).ok());
  EXPECT_THAT(*client->ListAgents(), SizeIs(0));
  const std::vector<v1::Agent> all = *client->ListAgents(false, /*publishers=*/true);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].id(), "publisher:p");
  EXPECT_EQ(all[0].version(), "1.2");
  EXPECT_TRUE(all[0].publisher());
  server_.AwaitMetric("sluice_collector_publishers", 1);
}

TEST_F(PublisherTest, OptionsAreChecked) {
  const auto client = Connect();
  EXPECT_THAT(std::string(client->NewPublisher({.id = "a b"}).status().message()), HasSubstr("id \"a b\": allowed"));
  EXPECT_THAT(std::string(client->NewPublisher({.labels = {{"a", "\xff"}}}).status().message()), HasSubstr("UTF-8"));
  const auto publisher = *client->NewPublisher();
  EXPECT_THAT(std::string(publisher->Publish("a/b", Record("x")).message()), HasSubstr("topic \"a/b\": allowed"));
}

}  // namespace
}  // namespace sluice
