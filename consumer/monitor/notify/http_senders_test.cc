#include "consumer/monitor/notify/http_senders.h"

#include <string>
#include <vector>

#include "base/hmac.h"
#include "base/strings.h"
#include "consumer/monitor/notify/testing_http_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'795'166'200);

Alert Firing(const std::string& host) {
  return {.rule = "traffic",
          .group = {{"host.name", host}},
          .severity = v1::SEVERITY_WARN,
          .value = 12.5,
          .threshold = 10,
          .starts_at = absl::FromUnixSeconds(1'795'166'139),
          .message = "High traffic",
          .labels = {{"team", "web"}}};
}

Alert Resolved(const std::string& host) {
  Alert alert = Firing(host);
  alert.state = Alert::State::kResolved;
  alert.ends_at = absl::FromUnixSeconds(1'795'166'199);
  return alert;
}

class HttpSendersTest : public testing::Test {
 protected:
  SendResult SendTo(Sender* sender, const std::vector<Alert>& alerts) {
    return sender->Send(alerts, kNow, &cancellation_);
  }
  TestingHttpServer server_;
  Cancellation cancellation_;
};

TEST_F(HttpSendersTest, WebhooksAreGivenJsonWithASignature) {
  auto sender = NewWebhook({.url = server_.Url("/hook?x=1"), .headers = {{"Authorization", "Bearer x"}}}, "s3cret");
  EXPECT_TRUE(SendTo(sender.get(), {Firing("a"), Resolved("b")}).status.ok());
  const ReceivedRequest request = server_.WaitFor(1)[0];
  EXPECT_EQ(request.path, "/hook");
  EXPECT_THAT(request.body, testing::StartsWith(R"({"version":1,"status":"firing","alerts":[{"rule":"traffic",)"));
  EXPECT_THAT(request.body, HasSubstr(R"(},{"rule":"traffic","state":"resolved")"));
  EXPECT_EQ(request.Header("Content-Type"), "application/json");
  EXPECT_EQ(request.Header("Authorization"), "Bearer x");
  EXPECT_EQ(request.Header("X-Sluice-Timestamp"), "1795166200");
  EXPECT_EQ(request.Header("X-Sluice-Signature"),
            StrCat("sha256=", HmacSha256Hex("s3cret", StrCat("1795166200.", request.body))));
}

TEST_F(HttpSendersTest, WebhooksWithoutASecretAreNotSigned) {
  auto sender = NewWebhook({.url = server_.Url("/")}, "");
  EXPECT_TRUE(SendTo(sender.get(), {Resolved("b")}).status.ok());
  const ReceivedRequest request = server_.WaitFor(1)[0];
  EXPECT_EQ(request.Header("X-Sluice-Signature"), "");
  EXPECT_THAT(request.body, HasSubstr(R"("status":"resolved")"));
}

TEST_F(HttpSendersTest, SomeErrorsMayGoAwayAndOthersDoNot) {
  auto sender = NewWebhook({.url = server_.Url("/")}, "");
  for (int status : {408, 425, 429, 500, 502, 503, 504}) {
    server_.Answer({status});
    EXPECT_TRUE(absl::IsUnavailable(SendTo(sender.get(), {Firing("a")}).status)) << status;
  }
  for (int status : {301, 400, 401, 403, 404, 410, 422}) {
    server_.Answer({status});
    EXPECT_TRUE(absl::IsFailedPrecondition(SendTo(sender.get(), {Firing("a")}).status)) << status;
  }
}

TEST_F(HttpSendersTest, AServerThatHangsOrIsNotThereIsUnavailable) {
  server_.Answer({TestingHttpServer::kHang});
  auto hanging = NewWebhook({.url = server_.Url("/"), .timeout = absl::Milliseconds(50)}, "");
  EXPECT_TRUE(absl::IsUnavailable(SendTo(hanging.get(), {Firing("a")}).status));
  auto nobody = NewWebhook({.url = "http://127.0.0.1:1/"}, "");
  EXPECT_TRUE(absl::IsUnavailable(SendTo(nobody.get(), {Firing("a")}).status));
}

TEST_F(HttpSendersTest, AlertmanagerIsToldWhenAnAlertEnds) {
  auto sender = NewAlertmanager({.url = server_.Url("/")}, absl::Minutes(4));
  EXPECT_TRUE(SendTo(sender.get(), {Firing("a"), Resolved("b")}).status.ok());
  const ReceivedRequest request = server_.WaitFor(1)[0];
  EXPECT_EQ(request.path, "/api/v2/alerts");
  EXPECT_EQ(request.body, R"([{"labels":{"alertname":"traffic","host_name":"a","severity":"warn","team":"web"},)"
                          R"("annotations":{"summary":"High traffic","value":"12.5","threshold":"10"},)"
                          R"("startsAt":"2026-11-20T09:15:39Z","endsAt":"2026-11-20T09:20:40Z"},)"
                          R"({"labels":{"alertname":"traffic","host_name":"b","severity":"warn","team":"web"},)"
                          R"("annotations":{"summary":"High traffic","value":"12.5","threshold":"10"},)"
                          R"("startsAt":"2026-11-20T09:15:39Z","endsAt":"2026-11-20T09:16:39Z"}])");
}

}  // namespace
}  // namespace sluice::monitor
