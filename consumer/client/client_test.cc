#include "consumer/client/client.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "consumer/client/fake_collector.h"
#include "gmock/gmock.h"
#include "grpcpp/security/server_credentials.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string TestData(std::string_view name) { return absl::StrCat("consumer/client/testdata/", std::string(name)); }

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

std::unique_ptr<Client> Connect(const FakeCollector& collector, std::optional<TlsOptions> tls = std::nullopt) {
  auto client = Client::Create({.address = collector.address(), .tls = std::move(tls)});
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

TEST(ClientTest, AnAddressWithoutAPortIsRefused) {
  auto client = Client::Create({.address = "collector"});
  EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Client::Create({.address = "collector:0"}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ClientTest, ListsTopics) {
  FakeCollector collector;
  collector.Start();
  v1::ListTopicsResponse topics;
  topics.add_topics()->set_name("a");
  topics.add_topics()->set_name("b");
  collector.SetTopics(topics);
  auto client = Connect(collector);
  auto all = client->ListTopics();
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(*all, SizeIs(2));
  auto some = client->ListTopics({"b"});
  ASSERT_TRUE(some.ok());
  ASSERT_THAT(*some, SizeIs(1));
  EXPECT_EQ((*some)[0].name(), "b");
}

TEST(ClientTest, ListsAgents) {
  FakeCollector collector;
  collector.Start();
  v1::ListAgentsResponse agents;
  agents.add_agents()->set_id("web-1");
  collector.SetAgents(agents);
  auto listed = Connect(collector)->ListAgents();
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_THAT(*listed, SizeIs(1));
  EXPECT_EQ((*listed)[0].id(), "web-1");
}

TEST(ClientTest, CallsFailOnceAndWorkAgainWhenTheCollectorIsBack) {
  FakeCollector collector;
  collector.Start();
  collector.Stop();
  auto client = Connect(collector);
  auto topics = client->ListTopics();
  EXPECT_EQ(topics.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(topics.status().message(), absl::StrCat("collector ", collector.address(), ": Connection refused"));
  collector.Start();
  EXPECT_TRUE(client->ListTopics().ok());
}

TEST(ClientTest, AListenersHandlerSeesEveryEventUntilTheEnd) {
  FakeCollector collector;
  collector.Start();
  collector.AppendRecords(10);
  size_t records = 0;
  auto listener = Connect(collector)->Listen({}, [&](const Event& event) {
    if (event.batch() != nullptr) records += event.batch()->records().size();
    return true;
  });
  EXPECT_TRUE(listener->Wait().ok());
  EXPECT_EQ(records, 10);
}

TEST(ClientTest, AListenerEndsWhenItsHandlerHasEnough) {
  FakeCollector collector;
  collector.Start();
  collector.AppendRecords(10);
  size_t events = 0;
  auto listener = Connect(collector)->Listen({.start = Start::Beginning(), .follow = true},
                                             [&](const Event&) { return ++events < 2; });
  EXPECT_TRUE(listener->Wait().ok());
  EXPECT_EQ(events, 2);
}

TEST(ClientTest, AListenerCanBeCancelledByItsHandlerAndByOthers) {
  FakeCollector collector;
  collector.Start();
  auto client = Connect(collector);
  auto listener = client->Listen({.follow = true}, [](const Event&) { return true; });
  listener->Cancel();
  EXPECT_EQ(listener->Wait().code(), absl::StatusCode::kCancelled);
  // The destructor does, too.
  client->Listen({.follow = true}, [](const Event&) { return true; });
}

TEST(ClientTest, SpeaksTlsToACollectorThatItKnows) {
  grpc::SslServerCredentialsOptions ssl(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  ssl.pem_root_certs = ReadAll(TestData("ca.pem"));
  ssl.pem_key_cert_pairs.push_back({ReadAll(TestData("server.key")), ReadAll(TestData("server.pem"))});
  FakeCollector collector;
  collector.Start(0, grpc::SslServerCredentials(ssl));
  TlsOptions tls = {.ca_file = TestData("ca.pem"),
                    .cert_file = TestData("client.pem"),
                    .key_file = TestData("client.key"),
                    .server_name = "collector.test"};
  EXPECT_TRUE(Connect(collector, tls)->ListTopics().ok());

  TlsOptions stranger = {.ca_file = TestData("other-ca.pem"), .server_name = "collector.test"};
  EXPECT_EQ(Connect(collector, stranger)->ListTopics().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Connect(collector)->ListTopics().status().code(), absl::StatusCode::kUnavailable);
}

TEST(ClientTest, TlsFilesThatDoNotDoAreNamed) {
  auto missing = Client::Create({.tls = TlsOptions{.ca_file = "/nowhere/ca.pem"}});
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("/nowhere/ca.pem"));
  auto no_pem = Client::Create({.tls = TlsOptions{.ca_file = TestData("README.md")}});
  EXPECT_EQ(no_pem.status().code(), absl::StatusCode::kInvalidArgument);
  auto half = Client::Create({.tls = TlsOptions{.cert_file = TestData("client.pem")}});
  EXPECT_EQ(half.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::client
