// A collector over real connections: what its services promise together.
#include "collector/server.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/wire.h"
#include "collector/testing/test_server.h"
#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MakeBatch;
using testing::PushClient;
using testing::SubscribeClient;
using testing::TestServer;

std::vector<std::string> ReadAll(TestServer& server, const v1::SubscribeRequest& request) {
  SubscribeClient client(server.Connect(), request);
  std::vector<std::string> names;
  v1::SubscribeResponse response;
  while (client.Read(&response)) testing::AppendRecordNames(response.batch(), &names);
  grpc::Status status = client.Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return names;
}

TEST(ServerTest, KeepsWhatAgentsSendAndServesIt) {
  TestServer server;
  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello());
  EXPECT_TRUE(agent.ReadWelcome().empty());
  ASSERT_TRUE(agent.Send({MakeBatch({.lines = 2}), MakeBatch({.topic = "db", .inode = 2})}));
  ASSERT_TRUE(agent.ReadAcks());
  EXPECT_THAT(ReadAll(server, {}), ElementsAre("1:0", "1:16", "2:0"));

  v1::SubscribeRequest filtered;
  filtered.add_topics("d*");
  EXPECT_THAT(ReadAll(server, filtered), ElementsAre("2:0"));
  agent.WritesDone();
  EXPECT_TRUE(agent.Finish().ok());
}

TEST(ServerTest, KeepsEverythingThroughARestart) {
  TestServer server;
  {
    PushClient agent(server.Connect());
    ASSERT_TRUE(agent.Hello());
    agent.ReadWelcome();
    ASSERT_TRUE(agent.Send({MakeBatch({.lines = 2})}));
    ASSERT_TRUE(agent.ReadAcks());
  }
  v1::SubscribeRequest request;
  request.set_limit(1);
  SubscribeClient client(server.Connect(), request);
  v1::SubscribeResponse first;
  ASSERT_TRUE(client.Read(&first));
  EXPECT_TRUE(client.Finish().ok());

  server.Restart();
  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello());
  std::vector<v1::FileWatermark> files = agent.ReadWelcome();
  ASSERT_EQ(files.size(), 1);
  EXPECT_EQ(files[0].end_offset(), 32);
  request.clear_limit();
  request.mutable_start()->set_cursor(first.cursor());
  EXPECT_THAT(ReadAll(server, request), ElementsAre("1:16"));
}

TEST(ServerTest, TakesAMessageOfTheSizeThatItAnnounces) {
  TestServer server;
  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello());
  v1::PushResponse response;
  ASSERT_TRUE(agent.Read(&response));
  const uint64_t max = response.welcome().max_message_bytes();
  v1::LogBatch batch = MakeBatch({});
  std::string* body = batch.mutable_records(0)->mutable_body();
  body->assign(max, 'x');
  while (true) {
    v1::PushRequest request;
    request.set_sequence(1);
    *request.add_batches() = batch;
    if (request.ByteSizeLong() <= max) break;
    body->resize(body->size() - (request.ByteSizeLong() - max));
  }
  ASSERT_TRUE(agent.Send({batch}));
  EXPECT_TRUE(agent.ReadAcks());
  // One byte more.
  body->push_back('x');
  batch.set_first_offset(16);
  batch.set_end_offset(32);
  batch.mutable_records(0)->set_offset(16);
  agent.Send({batch});
  EXPECT_EQ(agent.Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

// Nobody but OtlpService unfolds them.
TEST(ServerTest, RefusesCompressedMessages) {
  TestServer server;
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  auto stub = v1::LogService::NewStub(server.Connect());
  v1::ListTopicsRequest request;
  request.add_topics(std::string(1000, 'a'));
  v1::ListTopicsResponse response;
  EXPECT_FALSE(stub->ListTopics(&context, request, &response).ok());
}

TEST(ServerTest, ListsTopicsAndAgents) {
  TestServer server;
  {
    PushClient agent(server.Connect());
    ASSERT_TRUE(agent.Hello("web-1"));
    agent.ReadWelcome();
    ASSERT_TRUE(agent.Send({MakeBatch({.topic = "app", .lines = 3}), MakeBatch({.topic = "db", .inode = 2})}));
    ASSERT_TRUE(agent.ReadAcks());
  }
  server.Restart();
  PushClient other(server.Connect());
  ASSERT_TRUE(other.Hello("db-1"));
  other.ReadWelcome();

  auto stub = v1::LogService::NewStub(server.Connect());
  grpc::ClientContext topics_context;
  v1::ListTopicsResponse topics;
  ASSERT_TRUE(stub->ListTopics(&topics_context, {}, &topics).ok());
  ASSERT_EQ(topics.topics_size(), 2);
  EXPECT_EQ(topics.topics(0).name(), "app");
  EXPECT_EQ(topics.topics(0).records(), 3);
  EXPECT_EQ(topics.topics(0).records_appended(), 3);
  EXPECT_GT(topics.topics(0).bytes(), 0);
  EXPECT_GT(topics.topics(0).first_append_time().seconds(), 1'700'000'000);

  grpc::ClientContext bad_context;
  v1::ListTopicsRequest bad;
  bad.add_topics("[");
  grpc::Status status = stub->ListTopics(&bad_context, bad, &topics);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("topics[0]"));

  grpc::ClientContext agents_context;
  v1::ListAgentsResponse agents;
  ASSERT_TRUE(stub->ListAgents(&agents_context, {}, &agents).ok());
  ASSERT_EQ(agents.agents_size(), 2);
  EXPECT_EQ(agents.agents(0).id(), "db-1");
  EXPECT_TRUE(agents.agents(0).connected());
  EXPECT_THAT(agents.agents(0).peer(), HasSubstr("127.0.0.1"));
  EXPECT_EQ(agents.agents(1).id(), "web-1");  // of which only the log knows
  EXPECT_FALSE(agents.agents(1).connected());
}

TEST(ServerTest, SaysWhatIsWrongWithASubscription) {
  TestServer server;
  auto error_of = [&](const v1::SubscribeRequest& request) {
    SubscribeClient client(server.Connect(), request);
    return client.Finish();
  };
  v1::SubscribeRequest request;
  request.set_regex("a(");
  EXPECT_EQ(error_of(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(error_of(request).error_message(), HasSubstr("regex 'a('"));
  request.Clear();
  request.mutable_start()->set_cursor("x");
  EXPECT_EQ(error_of(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.Clear();
  request.set_group("a/b");
  EXPECT_EQ(error_of(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

// The byte that grpc.health.v1.HealthCheckResponse.status is: 1 serving, 2 not; -1 if there is no answer.
int HealthOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  char request[300];
  char* end = wire::WriteBytes(wire::WriteVarint(request, wire::Tag(1, wire::Type::kBytes)), service);
  grpc::Slice slice(request, static_cast<size_t>(end - request));
  auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::ByteBuffer(&slice, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer reply;
  grpc::Status status;
  call->Finish(&reply, &status, nullptr);
  void* tag;
  bool ok;
  queue.Next(&tag, &ok);
  grpc::Slice bytes;
  if (!status.ok() || !reply.DumpToSingleSlice(&bytes).ok() || bytes.size() != 2) return -1;
  return bytes.begin()[1];
}

TEST(ServerTest, TellsItsHealth) {
  TestServer server;
  EXPECT_EQ(HealthOf(server.Connect(), ""), 1);
  EXPECT_EQ(HealthOf(server.Connect(), "sluice.v1.IngestService"), 1);
  EXPECT_EQ(HealthOf(server.Connect(), "sluice.v1.LogService"), 1);
  EXPECT_EQ(HealthOf(server.Connect(), "no.such.Service"), -1);
}

TEST(ServerTest, WaitsWhileTheDiskIsFullAndGoesOnByItself) {
  auto free_bytes = std::make_shared<std::atomic<uint64_t>>(0);
  TestServer server([&](CollectorOptions* options) {
    options->log.retry_interval = absl::Milliseconds(10);
    options->log.space = [free_bytes] { return RocksDbOptions::Space{*free_bytes, uint64_t{1} << 40}; };
  });
  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello());
  agent.ReadWelcome();
  ASSERT_TRUE(agent.Send({MakeBatch({})}));
  server.AwaitMetric("sluice_collector_log_healthy", 0);
  EXPECT_EQ(HealthOf(server.Connect(), ""), 2);
  EXPECT_EQ(HealthOf(server.Connect(), "sluice.v1.IngestService"), 2);
  EXPECT_EQ(HealthOf(server.Connect(), "sluice.v1.LogService"), 1);
  EXPECT_TRUE(ReadAll(server, {}).empty());
  // Others are welcomed all the same.
  PushClient other(server.Connect());
  ASSERT_TRUE(other.Hello("db-1"));
  EXPECT_TRUE(other.ReadWelcome().empty());

  *free_bytes = uint64_t{1} << 39;
  EXPECT_TRUE(agent.ReadAcks());
  EXPECT_THAT(ReadAll(server, {}), ElementsAre("1:0"));
  server.AwaitMetric("sluice_collector_log_healthy", 1);
  EXPECT_EQ(HealthOf(server.Connect(), ""), 1);
}

TEST(ServerTest, StopsInTimeWithAFullDiskAndAcknowledgesNothing) {
  TestServer server([](CollectorOptions* options) {
    options->log.space = [] { return RocksDbOptions::Space{0, uint64_t{1} << 40}; };
  });
  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello());
  agent.ReadWelcome();
  ASSERT_TRUE(agent.Send({MakeBatch({})}));
  server.AwaitMetric("sluice_collector_log_healthy", 0);
  server.Stop();
  EXPECT_FALSE(agent.ReadAcks());
  EXPECT_EQ(agent.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(ServerTest, EndsStreamsWithUnavailableWhenItStops) {
  TestServer server;
  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello());
  agent.ReadWelcome();
  ASSERT_TRUE(agent.Send({MakeBatch({})}));
  v1::SubscribeRequest request;
  request.set_follow(true);
  request.mutable_start()->set_beginning(true);
  SubscribeClient client(server.Connect(), request);
  v1::SubscribeResponse response;
  ASSERT_TRUE(client.Read(&response));
  server.Stop();
  EXPECT_TRUE(agent.ReadAcks());  // finished what it took
  EXPECT_EQ(agent.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(client.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(ServerTest, StopsInTimeAlthoughAClientDoesNotRead) {
  TestServer server;
  PushClient agent(server.Connect());
  ASSERT_TRUE(agent.Hello());
  agent.ReadWelcome();
  for (uint64_t i = 0; i < 20; ++i) {
    ASSERT_TRUE(agent.Send({MakeBatch({.first_offset = i << 20, .lines = 1 << 10, .line_bytes = 1 << 10})}));
  }
  ASSERT_TRUE(agent.ReadAcks());
  SubscribeClient client(server.Connect(), {});
  v1::SubscribeResponse response;
  ASSERT_TRUE(client.Read(&response));
  const auto begin = std::chrono::steady_clock::now();
  server.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(ServerTest, RefusesAPortThatIsTaken) {
  TestServer server;
  testing::TempDirectory directory;
  CollectorOptions options = *server.options();
  options.log.data_dir = directory.path();
  options.grpc_address.port = server->grpc_port();
  absl::Status status = Server::Start(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Address already in use"));
  options.grpc_address.port = 0;
  options.http_address.port = server->http_port();
  EXPECT_EQ(Server::Start(options).status().code(), absl::StatusCode::kUnavailable);
}

TEST(ServerTest, RefusesADataDirectoryInUse) {
  TestServer server;
  EXPECT_EQ(Server::Start(*server.options()).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sluice::collector
