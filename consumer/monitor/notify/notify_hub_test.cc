#include "consumer/monitor/notify/notify_hub.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "consumer/monitor/notify/testing_http_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr int64_t kSecond = 1'000'000'000;

Alert On(const std::string& rule, Alert::State state = Alert::State::kFiring) {
  return {.rule = rule,
          .group = {},
          .state = state,
          .severity = v1::SEVERITY_WARN,
          .starts_at = absl::UnixEpoch(),
          .ends_at = state == Alert::State::kFiring ? absl::InfiniteFuture() : absl::UnixEpoch() + absl::Minutes(1),
          .message = ""};
}

class NotifyHubTest : public testing::Test {
 protected:
  NotifyOptions Read(const std::string& yaml) {
    absl::StatusOr<ConfigFile> file = ConfigFile::Parse(yaml, "monitor.yaml");
    EXPECT_TRUE(file.ok()) << file.status();
    NotifyOptions options = ReadNotifyOptions(file->root());
    EXPECT_TRUE(file->Finish().ok()) << file->Finish();
    for (ChannelConfig& config : options.channels) config.channel.retry_min = absl::Milliseconds(1);
    return options;
  }
  std::unique_ptr<NotifyHub> New(const std::string& yaml, const Clock* clock = nullptr) {
    return std::make_unique<NotifyHub>(Read(yaml), &registry_, clock != nullptr ? clock : &clock_);
  }
  double Count(const char* result) {
    return prometheus::BuildCounter()
        .Name("sluice_monitor_notifications_total")
        .Help("Alerts by channel and by what became of their notification.")
        .Register(registry_)
        .Add({{"channel", "ops"}, {"result", result}})
        .Value();
  }

  SimulatedClock clock_;  // 2023-11-14T22:13:20Z
  prometheus::Registry registry_;
};

TEST_F(NotifyHubTest, AWebhookThatHangsDoesNotHoldUpTheOthers) {
  TestingHttpServer hanging;
  hanging.Answer({TestingHttpServer::kHang});
  TestingHttpServer good;
  auto hub = New(StrCat("notify:\n  - {kind: webhook, name: hangs, url: '", hanging.Url("/"),
                        "', timeout: 10m}\n  - {kind: webhook, name: good, url: '", good.Url("/"), "'}\n"));
  bool done = false;
  hub->Notify(On("traffic"), [&] { done = true; });
  EXPECT_THAT(hanging.WaitFor(1), SizeIs(1));
  hub->Notify(On("errors"), [] {});
  EXPECT_THAT(good.WaitFor(2)[1].body, HasSubstr("errors"));
  hub->Stop();
  EXPECT_FALSE(done) << "one channel has not told it: it is told again after a restart";
}

TEST_F(NotifyHubTest, AWebhookThatFailsIsAskedAgain) {
  TestingHttpServer server;
  server.Answer({500, 503, 429, 200});
  auto hub =
      New(StrCat("notify: [{kind: webhook, url: '", server.Url("/"), "', secret: x}, {kind: stderr}]"), SystemClock());
  absl::Notification done;
  hub->Notify(On("traffic"), [&] { done.Notify(); });
  done.WaitForNotification();
  const std::vector<ReceivedRequest> requests = server.WaitFor(4);
  EXPECT_THAT(requests, SizeIs(4));
  EXPECT_EQ(requests[0].body, requests[3].body);
}

TEST_F(NotifyHubTest, WithoutChannelsEverythingIsDone) {
  auto hub = New("notify: []");
  bool done = false;
  hub->Notify(On("traffic"), [&] { done = true; });
  EXPECT_TRUE(done);
}

TEST_F(NotifyHubTest, WhatIsSilencedIsToldWhenTheSilenceEndsAndItStillFires) {
  TestingHttpServer server;
  auto hub =
      New(StrCat("silences: [{match: {rule: 't*'}, to: 2023-11-14T22:14:20Z}]\n"
                 "notify: [{kind: webhook, url: '",
                 server.Url("/"), "'}]"));
  absl::Notification long_done;
  bool short_done = false;
  bool short_end_done = false;
  hub->Notify(On("traffic-long"), [&] { long_done.Notify(); });
  hub->Notify(On("traffic-short"), [&] { short_done = true; });
  hub->ReleaseHeld();
  EXPECT_FALSE(short_done);
  hub->Notify(On("traffic-short", Alert::State::kResolved), [&] { short_end_done = true; });
  EXPECT_TRUE(short_done && short_end_done);
  hub->Notify(On("errors"), [] {});
  EXPECT_THAT(server.WaitFor(1)[0].body, HasSubstr("errors"));
  EXPECT_FALSE(long_done.HasBeenNotified());
  clock_.Advance(60 * kSecond);
  hub->ReleaseHeld();
  long_done.WaitForNotification();
  EXPECT_THAT(server.WaitFor(2)[1].body, HasSubstr("traffic-long"));
}

TEST_F(NotifyHubTest, ASilenceMayBeTakenBack) {
  auto hub = New("silences: [{}]\nnotify: [{kind: stderr}]");
  absl::Notification done;
  hub->Notify(On("traffic"), [&] { done.Notify(); });
  hub->Configure(Read("notify: [{kind: stderr}]"), {});
  done.WaitForNotification();
}

TEST_F(NotifyHubTest, WhatWaitsForAChannelIsToldByTheOneThatTakesItsPlace) {
  TestingHttpServer wrong;
  wrong.Answer({TestingHttpServer::kHang});
  TestingHttpServer right;
  const auto config = [](const TestingHttpServer& server) {
    return StrCat("notify: [{kind: webhook, name: ops, timeout: 10m, url: '", server.Url("/"), "'}]");
  };
  auto hub = New(config(wrong));
  std::vector<absl::Notification> done(2);
  hub->Notify(On("traffic"), [&] { done[0].Notify(); });
  wrong.WaitFor(1);
  hub->Notify(On("errors"), [&] { done[1].Notify(); });
  hub->Configure(Read(config(right)), {});
  done[0].WaitForNotification();
  done[1].WaitForNotification();
  const std::vector<ReceivedRequest> requests = right.WaitFor(2);
  EXPECT_THAT(requests[0].body, HasSubstr("traffic"));
  EXPECT_THAT(requests[1].body, HasSubstr("errors"));
  EXPECT_EQ(Count("sent"), 2);
  EXPECT_EQ(Count("dropped"), 0);
}

TEST_F(NotifyHubTest, AChannelThatIsAsBeforeGoesOnAsItIs) {
  TestingHttpServer hanging;
  hanging.Answer({TestingHttpServer::kHang});
  TestingHttpServer added;
  const std::string ops =
      StrCat("{kind: webhook, name: ops, timeout: 10m, match: {rule: 't*'}, url: '", hanging.Url("/"), "'}");
  auto hub = New(StrCat("notify: [", ops, "]"));
  bool done = false;
  hub->Notify(On("traffic"), [&] { done = true; });
  hanging.WaitFor(1);
  hub->Configure(Read(StrCat("notify: [{kind: webhook, name: more, url: '", added.Url("/"), "'}, ", ops, "]")), {});
  hub->Notify(On("errors"), [] {});
  EXPECT_THAT(added.WaitFor(1)[0].body, HasSubstr("errors"));
  hub->Stop();
  EXPECT_THAT(hanging.WaitFor(1), SizeIs(1)) << "it was broken off, and begun anew";
  EXPECT_FALSE(done);
}

TEST_F(NotifyHubTest, WhatWaitsForAChannelThatIsRemovedIsDropped) {
  TestingHttpServer hanging;
  hanging.Answer({TestingHttpServer::kHang});
  auto hub = New(StrCat("notify: [{kind: webhook, name: ops, timeout: 10m, url: '", hanging.Url("/"), "'}]"));
  absl::Notification done;
  hub->Notify(On("traffic"), [&] { done.Notify(); });
  hanging.WaitFor(1);
  hub->Configure(Read("notify: []"), {});
  EXPECT_TRUE(done.HasBeenNotified());
  EXPECT_EQ(Count("dropped"), 1);
}

TEST_F(NotifyHubTest, AnAlertmanagerThatIsAddedHearsOfWhatFires) {
  TestingHttpServer server;
  auto hub = New("notify: []");
  hub->Configure(Read(StrCat("notify: [{kind: alertmanager, url: '", server.Url("/"), "'}]")), {On("traffic")});
  EXPECT_THAT(server.WaitFor(1)[0].body, HasSubstr("traffic"));
}

TEST_F(NotifyHubTest, WhoWasToldOfAnAlertIsToldItsEndInASilence) {
  TestingHttpServer server;
  auto hub =
      New(StrCat("silences: [{from: 2023-11-14T22:13:30Z}]\nnotify: [{kind: webhook, url: '", server.Url("/"), "'}]"));
  hub->Notify(On("traffic"), [] {});
  server.WaitFor(1);
  clock_.Advance(20 * kSecond);
  hub->Notify(On("traffic", Alert::State::kResolved), [] {});
  EXPECT_THAT(server.WaitFor(2)[1].body, HasSubstr("resolved"));
}

TEST_F(NotifyHubTest, AlertmanagerHearsAgainOfWhatFiredBeforeARestart) {
  TestingHttpServer server;
  auto hub = New(StrCat("notify: [{kind: alertmanager, url: '", server.Url("/"), "'}]"));
  hub->Resume({On("traffic")});
  EXPECT_THAT(server.WaitFor(1)[0].body, HasSubstr("traffic"));
}

}  // namespace
}  // namespace sluice::monitor
