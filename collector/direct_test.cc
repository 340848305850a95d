// What services send by themselves, to a real collector.
#include <grpcpp/generic/generic_stub.h>
#include <httplib.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "collector/testing/test_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opentelemetry/proto/collector/logs/v1/logs_service.grpc.pb.h"

namespace sluice::collector {
namespace {

namespace otlp = opentelemetry::proto::collector::logs::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::SubscribeClient;
using testing::TestServer;

httplib::Result Post(TestServer* server, const std::string& body, const std::string& path = "/v1/logs",
                     const std::string& type = "application/json") {
  return httplib::Client("127.0.0.1", (*server)->http_port()).Post(path, body, type);
}

std::vector<v1::LogBatch> Read(TestServer* server, const std::string& topic) {
  v1::SubscribeRequest request;
  request.add_topics(topic);
  SubscribeClient subscriber(server->Connect(), request);
  std::vector<v1::LogBatch> batches;
  v1::SubscribeResponse response;
  while (subscriber.Read(&response)) {
    if (response.has_batch()) batches.push_back(response.batch());
  }
  return batches;
}

std::vector<std::string> Bodies(TestServer* server, const std::string& topic) {
  std::vector<std::string> bodies;
  for (const v1::LogBatch& batch : Read(server, topic)) {
    for (const v1::LogRecord& record : batch.records()) bodies.push_back(record.body());
  }
  return bodies;
}

TEST(DirectTest, WhatIsAnsweredWith202IsInTheLog) {
  TestServer server;
  const httplib::Result page = Post(&server, R"([{"service":"shop","environment":"prod","message":"a","user":{"id":7}},
      {"service":"pay","message":"b"},{"service":"shop","environment":"test","message":"c"}])");
  EXPECT_EQ(page->status, 202);
  EXPECT_EQ(page->body, "{\"accepted\":3}\n");
  const std::vector<v1::LogBatch> batches = Read(&server, "shop");
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_EQ(batches[0].labels().at("service"), "shop");
  EXPECT_EQ(batches[0].labels().at("environment"), "prod");
  EXPECT_EQ(batches[0].source(), "http");
  EXPECT_EQ(batches[0].records(0).attributes().at("user.id"), "7");
  EXPECT_EQ(batches[1].labels().at("environment"), "test");
  EXPECT_THAT(Bodies(&server, "pay"), ElementsAre("b"));
  EXPECT_EQ(server.Metric("sluice_collector_direct_requests_total{code=\"202\",protocol=\"http\"}"), 1);
}

TEST(DirectTest, GoesOnAfterARestartOfTheCollector) {
  TestServer server;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Post(&server, StrCat(R"({"service":"s","message":")", i, "\"}"))->status, 202);
    server.Restart();
  }
  EXPECT_THAT(Bodies(&server, "s"), ElementsAre("0", "1", "2"));
}

TEST(DirectTest, SaysWhatIsWrongAndTakesNothing) {
  TestServer server;
  const auto answer = [&server](const std::string& body) {
    const httplib::Result page = Post(&server, body);
    return StrCat(page->status, " ", page->body);
  };
  EXPECT_EQ(answer(R"([{"service":"s","message":"a"},{"service":"s","message":7}])"),
            "400 {\"error\":\"found \\\"7\\\"; a string is needed\",\"item\":1,\"field\":\"message\"}\n");
  EXPECT_THAT(answer(R"({"message":"a"})"), HasSubstr(R"("item":0,"field":"service")"));
  EXPECT_THAT(answer(R"({"service":"sluice.events","message":"a"})"), HasSubstr("Sluice's own"));
  EXPECT_THAT(answer("nonsense"), HasSubstr("400 {\"error\":\"malformed JSON"));
  EXPECT_EQ(Post(&server, "a=b", "/v1/logs", "application/x-www-form-urlencoded")->status, 415);
  EXPECT_EQ(httplib::Client("127.0.0.1", server->http_port()).Get("/v1/logs")->status, 405);
  EXPECT_THAT(Read(&server, "*"), SizeIs(0));
}

TEST(DirectTest, LimitsAreThoseOfTheConfiguration) {
  TestServer server([](CollectorOptions* options) {
    options->direct.body_bytes = 2000;
    options->direct.records = 2;
    options->direct.topic = "direct.{environment}";
  });
  EXPECT_EQ(Post(&server, std::string(2001, ' '))->status, 413);
  EXPECT_EQ(Post(&server, R"([{"message":""},{"message":""},{"message":""}])")->status, 413);
  EXPECT_EQ(Post(&server, R"({"environment":"a b","message":"x"})")->status, 202);
  EXPECT_THAT(Bodies(&server, "direct.a_b"), ElementsAre("x"));
}

TEST(DirectTest, CanBeTurnedOff) {
  TestServer server([](CollectorOptions* options) { options->direct.enabled = false; });
  EXPECT_EQ(Post(&server, "{}")->status, 404);
  const auto stub = otlp::LogsService::NewStub(server.Connect());
  grpc::ClientContext context;
  otlp::ExportLogsServiceResponse response;
  EXPECT_EQ(stub->Export(&context, {}, &response).error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST(DirectTest, AFullLogIsToldWithWhenToTryAgain) {
  TestServer server([](CollectorOptions* options) { options->log.topics_max = 1; });
  EXPECT_EQ(Post(&server, R"({"service":"a","message":"x"})")->status, 202);
  const httplib::Result page = Post(&server, R"({"service":"b","message":"x"})");
  EXPECT_EQ(page->status, 429);
  EXPECT_EQ(page->get_header_value("Retry-After"), "1");
  EXPECT_THAT(page->body, HasSubstr("topic 'b'"));
  EXPECT_EQ(Post(&server, R"({"service":"a","message":"y"})")->status, 202);
  EXPECT_THAT(Bodies(&server, "a"), ElementsAre("x", "y"));
}

TEST(DirectTest, HeartbeatsGoToTheirTopic) {
  TestServer server;
  EXPECT_EQ(Post(&server, R"({"service":"shop","instance":"1","interval":10,"status":"ok"})", "/v1/heartbeats")->status,
            202);
  EXPECT_EQ(Post(&server, R"({"service":"shop"})", "/v1/heartbeats")->status, 400);
  EXPECT_THAT(Bodies(&server, "heartbeats"),
              ElementsAre(R"({"service":"shop","instance":"1","interval":10,"status":"ok"})"));
}

TEST(DirectTest, RoutesApply) {
  TestServer server([](CollectorOptions* options) {
    options->routing =
        ParseOptions({}, R"(routes: [{name: errors, match: {severity: error}, topic: "{topic}.errors"}])", "test")
            ->routing;
  });
  EXPECT_EQ(
      Post(&server, R"([{"service":"s","message":"a","severity":"error"},{"service":"s","message":"b"}])")->status,
      202);
  EXPECT_THAT(Bodies(&server, "s.errors"), ElementsAre("a"));
}

TEST(DirectTest, ACompressedRequestIsBoundedAfterwards) {
  TestServer server;
  const auto stub = otlp::LogsService::NewStub(server.Connect());
  otlp::ExportLogsServiceRequest request;
  auto* const scope = request.add_resource_logs()->add_scope_logs();
  for (int i = 0; i < 200; ++i) scope->add_log_records()->mutable_body()->set_string_value(std::string(100'000, 'x'));
  otlp::ExportLogsServiceResponse response;
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const grpc::Status status = stub->Export(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "the request has more than 8388608 bytes after decompression: send less at a time");
  // Not compressed, it has too many bytes as it comes.
  grpc::ClientContext plain;
  EXPECT_EQ(stub->Export(&plain, request, &response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(DirectTest, TellsWhatIsNoRequest) {
  TestServer server;
  const auto channel = server.Connect();
  const auto send = [&](const std::string& bytes) {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer message(&slice, 1);
    grpc::ByteBuffer answer;
    grpc::CompletionQueue queue;
    grpc::Status status;
    const auto call =
        stub.PrepareUnaryCall(&context, "/opentelemetry.proto.collector.logs.v1.LogsService/Export", message, &queue);
    call->StartCall();
    call->Finish(&answer, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status;
  };
  EXPECT_TRUE(send("").ok());
  for (const std::string bytes : {"\xff", "\x1f\x8b", "\x1f\x8bgarbage", "\x0a\x05x"}) {
    EXPECT_EQ(send(bytes).error_code(), grpc::StatusCode::INVALID_ARGUMENT) << bytes;
  }
}

TEST(DirectTest, TakesWhatOpenTelemetrySends) {
  TestServer server;
  const auto stub = otlp::LogsService::NewStub(server.Connect());
  otlp::ExportLogsServiceRequest request;
  auto* resource = request.add_resource_logs();
  auto* attribute = resource->mutable_resource()->add_attributes();
  attribute->set_key("service.name");
  attribute->mutable_value()->set_string_value("shop");
  auto* scope = resource->add_scope_logs();
  scope->add_log_records()->mutable_body()->set_string_value("hello");
  scope->add_log_records()->mutable_body()->set_string_value(std::string(600'000, 'x'));
  otlp::ExportLogsServiceResponse response;
  grpc::ClientContext context;
  EXPECT_TRUE(stub->Export(&context, request, &response).ok());
  EXPECT_EQ(response.partial_success().rejected_log_records(), 1);
  EXPECT_THAT(response.partial_success().error_message(), HasSubstr("allowed are"));
  EXPECT_THAT(Bodies(&server, "shop"), ElementsAre("hello"));
  // Compressed, as OpenTelemetry's Collectors do.
  grpc::ClientContext compressed;
  compressed.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  EXPECT_TRUE(stub->Export(&compressed, request, &response).ok());
  EXPECT_THAT(Bodies(&server, "shop"), ElementsAre("hello", "hello"));
  server.Stop();
  grpc::ClientContext late;
  EXPECT_EQ(stub->Export(&late, request, &response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace sluice::collector
