#include "collector/subscribe/subscriber.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "collector/log/testing_batches.h"
#include "collector/subscribe/subscription_hub.h"
#include "collector/testing/test_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;
using testing::MakeBatch;

// A client that takes a message when the test says so.
class Client final : public SubscribeSink {
 public:
  explicit Client(const SubscribeContext* context) : subscriber_(std::make_shared<Subscriber>(context, this)) {}
  ~Client() override {
    subscriber_->End(absl::CancelledError("end of test"));
    subscriber_->OnWritten(false);
    AwaitEnd().IgnoreError();
  }

  void Start(const v1::SubscribeRequest& request) { subscriber_->Start(request); }
  // Waits for the next message, and tells that it was written.
  v1::SubscribeResponse Take() {
    v1::SubscribeResponse response = Peek();
    {
      MutexLock lock(&mutex_);
      writing_.reset();
    }
    subscriber_->OnWritten(true);
    return response;
  }
  // Waits for the next message, and leaves it under way.
  v1::SubscribeResponse Peek() {
    MutexLock lock(&mutex_);
    while (!writing_.has_value() && !end_.has_value()) changed_.Wait(&mutex_);
    return writing_.value_or(v1::SubscribeResponse());
  }
  absl::Status AwaitEnd() {
    MutexLock lock(&mutex_);
    while (!end_.has_value()) changed_.Wait(&mutex_);
    return *end_;
  }
  bool ended() {
    MutexLock lock(&mutex_);
    return end_.has_value();
  }
  int messages() {
    MutexLock lock(&mutex_);
    return messages_;
  }
  Subscriber& subscriber() { return *subscriber_; }

 private:
  void Write(const ResponseBytes& response) override {
    std::string bytes;
    for (const SharedBytes& piece : response.pieces) bytes += piece.view();
    MutexLock lock(&mutex_);
    EXPECT_FALSE(writing_.has_value()) << "two messages under way";
    EXPECT_TRUE(writing_.emplace().ParseFromString(bytes));
    ++messages_;
    changed_.SignalAll();
  }
  void Finish(const absl::Status& status) override {
    MutexLock lock(&mutex_);
    EXPECT_FALSE(end_.has_value()) << "finished twice";
    end_ = status;
    changed_.SignalAll();
  }

  Mutex mutex_;
  CondVar changed_;
  std::optional<v1::SubscribeResponse> writing_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  int messages_ ABSL_GUARDED_BY(mutex_) = 0;
  const std::shared_ptr<Subscriber> subscriber_;
};

class SubscriberTest : public ::testing::Test {
 protected:
  ~SubscriberTest() override {
    hub_.Stop();
    executor_.Stop();
  }
  static v1::SubscribeRequest Follow(const std::string& topic) {
    v1::SubscribeRequest request;
    request.add_topics(topic);
    request.set_follow(true);
    return request;
  }

  testing::TestLog log_;
  prometheus::Registry registry_;
  CollectorMetrics metrics_{&registry_};
  Executor executor_{2};
  SubscriptionHub hub_{log_.get(), &executor_};
  SubscribeContext context_{.log = log_.get(),
                            .executor = &executor_,
                            .hub = &hub_,
                            .metrics = &metrics_,
                            .clock = SystemClock(),
                            .limits = {}};
};

TEST_F(SubscriberTest, SendsTheNextMessageOnlyWhenTheLastIsWritten) {
  for (uint64_t i = 0; i < 3; ++i) log_.Append(MakeBatch({.first_offset = i * 16}));
  Client client(&context_);
  client.Start({});
  for (uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(client.Peek().batch().first_offset(), i * 16);
    EXPECT_EQ(client.messages(), i + 1);
    client.Take();
  }
  EXPECT_TRUE(client.Take().has_progress());
  EXPECT_TRUE(client.AwaitEnd().ok());
  EXPECT_EQ(metrics_.records_sent.Value(), 3);
}

TEST_F(SubscriberTest, WaitsAtTheEndUntilItsTopicsGrow) {
  Client app(&context_);
  Client db(&context_);
  app.Start(Follow("app"));
  db.Start(Follow("db"));
  EXPECT_TRUE(app.Take().has_progress());
  EXPECT_TRUE(db.Take().has_progress());
  for (uint64_t i = 0; i < 10; ++i) {
    log_.Append(MakeBatch({.topic = "app", .first_offset = i * 16}));
    EXPECT_EQ(app.Take().batch().first_offset(), i * 16);
    EXPECT_TRUE(app.Take().has_progress());
  }
  // Not woken for what it does not read, but told once a second how far the log is.
  EXPECT_LE(db.messages(), 3);
  log_.Append(MakeBatch({.topic = "db", .inode = 2}));
  while (!db.Take().has_batch()) {
  }
}

TEST_F(SubscriberTest, SaysWhatIsWrongWithItsRequest) {
  Client client(&context_);
  v1::SubscribeRequest request;
  request.set_regex("(");
  client.Start(request);
  EXPECT_EQ(client.AwaitEnd().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SubscriberTest, EndsAtOnceWhenItWaits) {
  Client client(&context_);
  client.Start(Follow("app"));
  EXPECT_TRUE(client.Take().has_progress());
  // It may still be on its way to the end of the log: either way nothing else is needed.
  client.subscriber().End(absl::UnavailableError("stopping"));
  EXPECT_THAT(client.AwaitEnd().ToString(), HasSubstr("stopping"));
}

TEST_F(SubscriberTest, EndsWhenTheMessageUnderWayIsDone) {
  Client client(&context_);
  client.Start(Follow("app"));
  EXPECT_TRUE(client.Peek().has_progress());
  client.subscriber().End(absl::UnavailableError("stopping"));
  EXPECT_FALSE(client.ended());
  client.Take();
  EXPECT_THAT(client.AwaitEnd().ToString(), HasSubstr("stopping"));
}

TEST_F(SubscriberTest, EndsBeforeItBegan) {
  Client client(&context_);
  client.subscriber().End(absl::CancelledError("went away"));
  client.Start(Follow("app"));
  EXPECT_EQ(client.AwaitEnd().code(), absl::StatusCode::kCancelled);
}

TEST_F(SubscriberTest, EndsWhenItsConnectionBreaks) {
  Client client(&context_);
  client.Start(Follow("app"));
  client.Peek();
  client.subscriber().OnWritten(false);
  EXPECT_EQ(client.AwaitEnd().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace sluice::collector
