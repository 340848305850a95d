#include "consumer/monitor/notify/notify_channel.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

// Sends nowhere; answers as it is told, OK behind that. Holds the channel while it is closed.
class FakeSender final : public Sender {
 public:
  SendResult Send(const std::vector<Alert>& alerts, absl::Time, const Cancellation* cancellation) override {
    std::string text;
    for (const Alert& alert : alerts) {
      StrAppend(&text, text.empty() ? "" : " ", alert.rule, "/", alert.group[0].second,
                alert.state == Alert::State::kResolved ? " ended" : "");
    }
    MutexLock lock(&mutex_);
    sent_.push_back(text);
    changed_.SignalAll();
    while (closed_ && !cancellation->cancelled()) changed_.WaitWithTimeout(&mutex_, absl::Milliseconds(5));
    if (cancellation->cancelled() && closed_) return {.status = absl::CancelledError("stopped")};
    if (answers_.empty()) return {.status = absl::OkStatus()};
    const SendResult result = answers_.front();
    answers_.erase(answers_.begin());
    return result;
  }

  void Close(bool closed) {
    MutexLock lock(&mutex_);
    closed_ = closed;
    changed_.SignalAll();
  }
  void Answer(std::vector<SendResult> answers) {
    MutexLock lock(&mutex_);
    answers_ = std::move(answers);
  }
  std::vector<std::string> WaitFor(size_t count) {
    MutexLock lock(&mutex_);
    while (sent_.size() < count) changed_.Wait(&mutex_);
    return sent_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<SendResult> answers_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> sent_ ABSL_GUARDED_BY(mutex_);
};

Alert On(const std::string& rule, const std::string& host, v1::Severity severity = v1::SEVERITY_WARN) {
  return {.rule = rule, .group = {{"host", host}}, .severity = severity, .starts_at = absl::UnixEpoch(), .message = ""};
}

Alert Ended(Alert alert) {
  alert.state = Alert::State::kResolved;
  alert.ends_at = absl::UnixEpoch() + absl::Minutes(1);
  return alert;
}

class NotifyChannelTest : public testing::Test {
 protected:
  std::unique_ptr<NotifyChannel> New(ChannelOptions options) {
    options.name = "ops";
    options.retry_min = absl::Milliseconds(2);
    options.retry_max = absl::Milliseconds(4);
    auto sender = std::make_unique<FakeSender>();
    sender_ = sender.get();
    return std::make_unique<NotifyChannel>(std::move(options), std::move(sender), &registry_, SystemClock());
  }
  double Count(const std::string& result) {
    for (const prometheus::MetricFamily& family : registry_.Collect()) {
      if (family.name != "sluice_monitor_notifications_total") continue;
      for (const prometheus::ClientMetric& metric : family.metric) {
        for (const auto& label : metric.label) {
          if (label.name == "result" && label.value == result) return metric.counter.value;
        }
      }
    }
    return -1;
  }
  void OfferAndWait(NotifyChannel* channel, const Alert& alert) {
    absl::Notification done;
    channel->Offer(alert, [&] { done.Notify(); });
    done.WaitForNotification();
  }

  prometheus::Registry registry_;
  FakeSender* sender_ = nullptr;
};

TEST_F(NotifyChannelTest, SendsAndSaysWhenItIsDone) {
  auto channel = New({});
  OfferAndWait(channel.get(), On("traffic", "a"));
  OfferAndWait(channel.get(), Ended(On("traffic", "a")));
  EXPECT_THAT(sender_->WaitFor(2), ElementsAre("traffic/a", "traffic/a ended"));
  EXPECT_EQ(Count("sent"), 2);
}

TEST_F(NotifyChannelTest, TriesAgainUntilItWorks) {
  auto channel = New({});
  sender_->Answer({{.status = absl::UnavailableError("500")}, {.status = absl::UnavailableError("500")}});
  OfferAndWait(channel.get(), On("traffic", "a"));
  EXPECT_THAT(sender_->WaitFor(3), ElementsAre("traffic/a", "traffic/a", "traffic/a"));
  EXPECT_EQ(Count("sent"), 1);
  EXPECT_EQ(Count("failed"), 0);
}

TEST_F(NotifyChannelTest, GivesUpWhatCannotWork) {
  auto channel = New({});
  sender_->Answer({{.status = absl::FailedPreconditionError("404")}});
  OfferAndWait(channel.get(), On("traffic", "a"));
  EXPECT_EQ(Count("failed"), 1);
  auto hasty = New({.retry_for = absl::ZeroDuration()});
  sender_->Answer({{.status = absl::UnavailableError("500")}});
  OfferAndWait(hasty.get(), On("traffic", "a"));
  EXPECT_EQ(Count("failed"), 2);
}

TEST_F(NotifyChannelTest, DropsWhatDoesNotFitWithoutBlocking) {
  auto channel = New({.queue_max = 2});
  sender_->Close(true);
  channel->Offer(On("traffic", "a"), [] {});
  sender_->WaitFor(1);
  channel->Offer(On("traffic", "b"), [] {});
  channel->Offer(On("traffic", "c"), [] {});
  OfferAndWait(channel.get(), On("traffic", "d"));
  EXPECT_EQ(Count("dropped"), 1);
  sender_->Close(false);
  EXPECT_THAT(sender_->WaitFor(2), ElementsAre("traffic/a", "traffic/b traffic/c"));
}

TEST_F(NotifyChannelTest, SendsAGroupTogether) {
  auto channel = New({.group_by = {"rule"}});
  sender_->Close(true);
  channel->Offer(On("x", "a"), [] {});
  sender_->WaitFor(1);
  for (const char* rule : {"traffic", "errors", "traffic"}) channel->Offer(On(rule, "b"), [] {});
  sender_->Close(false);
  EXPECT_THAT(sender_->WaitFor(3), ElementsAre("x/a", "traffic/b traffic/b", "errors/b"));
  auto waiting = New({.group_wait = absl::Milliseconds(30)});
  waiting->Offer(On("traffic", "a"), [] {});
  waiting->Offer(On("traffic", "b"), [] {});
  EXPECT_THAT(sender_->WaitFor(1), ElementsAre("traffic/a traffic/b"));
}

TEST_F(NotifyChannelTest, LeavesOutWhatItIsNotFor) {
  auto channel = New({.min_severity = v1::SEVERITY_ERROR, .send_resolved = false});
  OfferAndWait(channel.get(), On("traffic", "a", v1::SEVERITY_WARN));
  OfferAndWait(channel.get(), Ended(On("traffic", "b", v1::SEVERITY_FATAL)));
  OfferAndWait(channel.get(), On("traffic", "c", v1::SEVERITY_ERROR));
  EXPECT_THAT(sender_->WaitFor(1), ElementsAre("traffic/c"));
}

TEST_F(NotifyChannelTest, RepeatsWhatGoesOnIfAskedTo) {
  auto channel = New({.repeat_interval = absl::Milliseconds(20)});
  channel->Offer(On("traffic", "a"), [] {});
  EXPECT_THAT(sender_->WaitFor(3), testing::Each("traffic/a"));
  OfferAndWait(channel.get(), Ended(On("traffic", "a")));
  const size_t sent = sender_->WaitFor(4).size();
  OfferAndWait(channel.get(), On("other", "b"));
  // The other one is repeated, this one is over.
  const std::vector<std::string> all = sender_->WaitFor(sent + 3);
  for (size_t i = sent; i < all.size(); ++i) EXPECT_EQ(all[i], "other/b");
}

TEST_F(NotifyChannelTest, RepeatsAfterARestartWhatFired) {
  auto channel = New({.repeat_interval = absl::Hours(1)});
  channel->Resume(On("traffic", "a"));
  EXPECT_THAT(sender_->WaitFor(1), ElementsAre("traffic/a"));
}

TEST_F(NotifyChannelTest, StopsInTheMiddle) {
  auto channel = New({});
  sender_->Close(true);
  bool done = false;
  channel->Offer(On("traffic", "a"), [&] { done = true; });
  sender_->WaitFor(1);
  channel->Stop();
  EXPECT_FALSE(done) << "it is told again after a restart";
}

TEST_F(NotifyChannelTest, StopsBetweenTwoTries) {
  auto channel = New({});
  sender_->Answer({{.status = absl::UnavailableError("503"), .retry_after = absl::Hours(1)}});
  bool done = false;
  channel->Offer(On("traffic", "a"), [&] { done = true; });
  EXPECT_THAT(sender_->WaitFor(1), SizeIs(1));
  channel->Stop();
  EXPECT_FALSE(done);
}

}  // namespace
}  // namespace sluice::monitor
