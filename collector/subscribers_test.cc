// Many subscribers and writers at once, over real connections.
#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "collector/testing/seed.h"
#include "collector/testing/test_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using testing::MakeBatch;
using testing::PushClient;
using testing::SubscribeClient;
using testing::TestServer;

// Sends batches of a file of its own, of 1 to 20 lines, and waits for each ack now and then.
void WriteFile(TestServer& server, uint64_t inode, int batches, uint32_t seed) {
  std::mt19937 random(seed + static_cast<uint32_t>(inode));
  const std::string id = "web-" + std::to_string(inode);
  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello(id)) << agent.Finish().error_message();
  agent.ReadWelcome();
  uint64_t offset = 0;
  for (int i = 0; i < batches; ++i) {
    const uint32_t lines = 1 + random() % 20;
    // The first of a topic is acknowledged before others follow: until then the file's other topics are held back.
    ASSERT_TRUE(agent.Send({MakeBatch({.topic = (i < 2 ? i : random()) % 2 == 0 ? "even" : "odd",
                                       .agent = id,
                                       .inode = inode,
                                       .first_offset = offset,
                                       .lines = lines})}));
    offset += lines * 16;
    if (i < 2 || i % 8 == 7) {
      ASSERT_TRUE(agent.ReadAcks());
    }
  }
  ASSERT_TRUE(agent.ReadAcks());
}

// Reads from the beginning until `done` and caught up, over connections that end at random: by a limit, or cancelled. A
// connection that was made before `done` does not tell that: its word of being caught up may have waited to be read.
std::vector<std::string> ReadWithInterruptions(TestServer& server, v1::SubscribeRequest request,
                                               const std::atomic<bool>& done, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::string> names;
  request.set_follow(true);
  request.mutable_start()->set_beginning(true);
  for (;;) {
    const bool was_done = done;
    request.set_limit(random() % 3 == 0 ? 1 + random() % 50 : 0);
    int messages_left = static_cast<int>(random() % 40) + 1;
    SubscribeClient client(server.Connect(), request);
    v1::SubscribeResponse response;
    while (messages_left-- > 0 && client.Read(&response)) {
      testing::AppendRecordNames(response.batch(), &names);
      request.mutable_start()->set_cursor(response.cursor());
      if (!response.has_progress() || !done) continue;
      if (was_done) return names;
      break;
    }
  }
}

TEST(SubscribersTest, AllSeeTheSameRecordsInTheSameOrderOnce) {
  const testing::Seed seed;
  SCOPED_TRACE(seed.ToString());
  TestServer server;
  std::atomic<bool> done = false;
  constexpr int kReaders = 6;
  std::vector<std::vector<std::string>> seen(kReaders);
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&, i] { seen[i] = ReadWithInterruptions(server, {}, done, seed.value + i); });
  }
  std::vector<std::string> odd;
  v1::SubscribeRequest only_odd;
  only_odd.add_topics("odd");
  readers.emplace_back([&] { odd = ReadWithInterruptions(server, only_odd, done, seed.value + 99); });
  std::vector<std::thread> writers;
  for (uint64_t inode = 1; inode <= 3; ++inode) {
    writers.emplace_back([&, inode] { WriteFile(server, inode, 200, seed.value); });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  // The readers that are caught up wait for something to happen.
  WriteFile(server, 77, 1, seed.value);
  for (std::thread& reader : readers) reader.join();

  std::vector<std::string> all;
  SubscribeClient client(server.Connect(), {});
  v1::SubscribeResponse response;
  std::vector<std::string> expected_odd;
  while (client.Read(&response)) {
    testing::AppendRecordNames(response.batch(), &all);
    if (response.batch().topic() == "odd") testing::AppendRecordNames(response.batch(), &expected_odd);
  }
  EXPECT_GT(all.size(), 3000);
  for (int i = 0; i < kReaders; ++i) {
    // A reader may have stopped before the last line.
    ASSERT_LE(seen[i].size(), all.size());
    ASSERT_GE(seen[i].size() + 20, all.size());
    EXPECT_TRUE(std::equal(seen[i].begin(), seen[i].end(), all.begin())) << "reader " << i;
  }
  ASSERT_LE(odd.size(), expected_odd.size());
  ASSERT_GE(odd.size() + 20, expected_odd.size());
  EXPECT_TRUE(std::equal(odd.begin(), odd.end(), expected_odd.begin()));
}

TEST(SubscribersTest, AThousandAtTheHeadCostTheLogNoRead) {
  TestServer server;
  constexpr int kSubscribers = 1'000;
  v1::SubscribeRequest request;
  request.set_follow(true);
  request.set_limit(3);
  auto channel = server.Connect();
  std::vector<std::unique_ptr<SubscribeClient>> clients;
  for (int i = 0; i < kSubscribers; ++i) clients.push_back(std::make_unique<SubscribeClient>(channel, request));
  v1::SubscribeResponse response;
  for (auto& client : clients) {
    ASSERT_TRUE(client->Read(&response));
    EXPECT_TRUE(response.has_progress());
  }
  const uint64_t reads = server.log()->disk_reads();
  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello());
  agent.ReadWelcome();
  ASSERT_TRUE(agent.Send({MakeBatch({.lines = 2})}));
  ASSERT_TRUE(agent.Send({MakeBatch({.first_offset = 32, .lines = 2})}));
  for (auto& client : clients) {
    int records = 0;
    while (client->Read(&response)) records += response.batch().records_size();
    EXPECT_EQ(records, 3);
    EXPECT_TRUE(client->Finish().ok());
  }
  EXPECT_EQ(server.log()->disk_reads(), reads);
  EXPECT_EQ(server.Metric("sluice_collector_records_sent_total"), 3 * kSubscribers);
  server.AwaitMetric("sluice_collector_subscribers", 0);
}

TEST(SubscribersTest, OneThatDoesNotReadHoldsNobodyUp) {
  TestServer server;
  v1::SubscribeRequest request;
  request.set_follow(true);
  SubscribeClient slow(server.Connect(), request);
  v1::SubscribeResponse response;
  ASSERT_TRUE(slow.Read(&response));
  SubscribeClient quick(server.Connect(), request);
  ASSERT_TRUE(quick.Read(&response));

  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello());
  agent.ReadWelcome();
  constexpr uint64_t kBatches = 50;
  for (uint64_t i = 0; i < kBatches; ++i) {
    ASSERT_TRUE(agent.Send({MakeBatch({.first_offset = i << 20, .lines = 1 << 10, .line_bytes = 1 << 10})}));
  }
  ASSERT_TRUE(agent.ReadAcks());
  uint64_t lines = 0;
  while (lines < kBatches << 10 && quick.Read(&response)) lines += response.batch().records_size();
  EXPECT_EQ(lines, kBatches << 10);
  // And it gets everything when it wakes up.
  lines = 0;
  while (lines < kBatches << 10 && slow.Read(&response)) lines += response.batch().records_size();
  EXPECT_EQ(lines, kBatches << 10);
}

TEST(SubscribersTest, AreGoneAtOnceWhenTheyCancelOrTheirTimeIsUp) {
  TestServer server;
  v1::SubscribeRequest request;
  request.set_follow(true);
  SubscribeClient waiting(server.Connect(), request);
  v1::SubscribeResponse response;
  ASSERT_TRUE(waiting.Read(&response));
  SubscribeClient hurried(server.Connect(), request, std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  ASSERT_TRUE(hurried.Read(&response));
  EXPECT_EQ(server.Metric("sluice_collector_subscribers"), 2);
  EXPECT_EQ(hurried.Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  server.AwaitMetric("sluice_collector_subscribers", 1);
  waiting.Cancel();
  EXPECT_EQ(waiting.Finish().error_code(), grpc::StatusCode::CANCELLED);
  server.AwaitMetric("sluice_collector_subscribers", 0);
}

TEST(SubscribersTest, AreBounded) {
  TestServer server([](CollectorOptions* options) { options->subscribers_max = 1; });
  v1::SubscribeRequest request;
  request.set_follow(true);
  SubscribeClient first(server.Connect(), request);
  v1::SubscribeResponse response;
  ASSERT_TRUE(first.Read(&response));
  SubscribeClient second(server.Connect(), request);
  EXPECT_EQ(second.Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(SubscribersTest, AreToldWhatTheRetentionTook) {
  TestServer server([](CollectorOptions* options) {
    options->log.retention.bytes = 1 << 20;
    options->log.tail_bytes = 1 << 20;
  });
  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello());
  agent.ReadWelcome();
  ASSERT_TRUE(agent.Send({MakeBatch({})}));
  ASSERT_TRUE(agent.ReadAcks());
  v1::SubscribeRequest request;
  request.set_limit(1);
  SubscribeClient client(server.Connect(), request);
  v1::SubscribeResponse response;
  ASSERT_TRUE(client.Read(&response));
  for (uint64_t i = 1; i < 10; ++i) {
    ASSERT_TRUE(agent.Send({MakeBatch({.first_offset = i << 20, .lines = 1 << 10, .line_bytes = 1 << 10})}));
  }
  ASSERT_TRUE(agent.ReadAcks());
  server.log()->ApplyRetention();

  request.set_limit(0);
  request.mutable_start()->set_cursor(response.cursor());
  SubscribeClient late(server.Connect(), request);
  uint64_t omitted = 0;
  uint64_t records = 0;
  while (late.Read(&response)) {
    omitted += response.omitted().records();
    records += response.batch().records_size();
    if (response.has_omitted()) {
      EXPECT_EQ(response.omitted().reason(), v1::OMITTED_REASON_RETENTION);
      EXPECT_EQ(response.omitted().topic(), "app");
    }
  }
  EXPECT_GT(omitted, 0);
  EXPECT_GE(omitted + records, 9 << 10);  // "at most so many"
  EXPECT_LE(omitted + records, (9 << 10) + 1);
  EXPECT_EQ(server.Metric("sluice_collector_records_omitted_total{reason=\"retention\"}"), omitted);
}

}  // namespace
}  // namespace sluice::collector
