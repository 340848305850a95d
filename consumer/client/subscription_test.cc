#include "consumer/client/subscription.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "consumer/client/client.h"
#include "consumer/client/fake_collector.h"
#include "gmock/gmock.h"
#include "google/protobuf/unknown_field_set.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = ConnectionState::Kind;

std::vector<std::string> Numbers(size_t begin, size_t end) {
  std::vector<std::string> numbers;
  for (size_t i = begin; i < end; ++i) numbers.push_back(absl::StrCat(i));
  return numbers;
}

class SubscriptionTest : public ::testing::Test {
 protected:
  void SetUp() override { collector_.Start(); }

  std::unique_ptr<Subscription> Subscribe(SubscribeOptions options, ClientOptions client_options = {}) {
    client_options.address = collector_.address();
    client_options.retry_min = absl::Milliseconds(1);
    client_options.retry_max = absl::Milliseconds(20);
    auto client = Client::Create(std::move(client_options));
    EXPECT_TRUE(client.ok()) << client.status();
    return (*client)->Subscribe(std::move(options));
  }

  // Reads until `count` records were read, or the end.
  static std::vector<std::string> Read(Subscription* subscription, size_t count = SIZE_MAX) {
    std::vector<std::string> lines;
    while (lines.size() < count) {
      const Event* event = subscription->Next();
      if (event == nullptr) break;
      if (event->batch() == nullptr) continue;
      for (const RecordView& record : event->batch()->records()) lines.emplace_back(record.line());
    }
    return lines;
  }

  FakeCollector collector_;
};

TEST_F(SubscriptionTest, DeliversWhatIsStoredAndEnds) {
  collector_.AppendRecords(8);
  auto subscription = Subscribe({});
  EXPECT_EQ(Read(subscription.get()), Numbers(0, 8));
  EXPECT_TRUE(subscription->status().ok()) << subscription->status();
  EXPECT_EQ(subscription->cursor(), "8");
  EXPECT_EQ(subscription->Next(), nullptr);
}

TEST_F(SubscriptionTest, IsARangeOfEvents) {
  collector_.AppendRecords(5);
  size_t records = 0;
  size_t progresses = 0;
  auto subscription = Subscribe({});
  for (const Event& event : *subscription) {
    EXPECT_FALSE(event.cursor().empty());
    if (event.batch() != nullptr) records += event.batch()->records().size();
    if (event.progress() != nullptr) ++progresses;
  }
  EXPECT_EQ(records, 5);
  EXPECT_EQ(progresses, 1);
}

TEST_F(SubscriptionTest, SendsTheWholeFilter) {
  collector_.AppendRecords(2);
  auto subscription = Subscribe({.topics = {"a*", "b"},
                                 .min_severity = v1::SEVERITY_WARN,
                                 .contains = "needle",
                                 .regex = "nee.le",
                                 .start = Start::Beginning(),
                                 .end_time = absl::FromUnixMillis(1500),
                                 .limit = 2,
                                 .group = "g"});
  Read(subscription.get());
  ASSERT_THAT(collector_.requests(), SizeIs(1));
  const v1::SubscribeRequest request = collector_.requests()[0];
  EXPECT_THAT(request.topics(), ElementsAre("a*", "b"));
  EXPECT_EQ(request.min_severity(), v1::SEVERITY_WARN);
  EXPECT_EQ(request.contains(), "needle");
  EXPECT_EQ(request.regex(), "nee.le");
  EXPECT_TRUE(request.start().beginning());
  EXPECT_EQ(request.end_time().seconds(), 1);
  EXPECT_EQ(request.end_time().nanos(), 500'000'000);
  EXPECT_FALSE(request.follow());
  EXPECT_EQ(request.limit(), 2);
  EXPECT_EQ(request.group(), "g");
}

TEST_F(SubscriptionTest, AcknowledgesAnEventOfAGroupWhenTheNextOneIsAskedFor) {
  v1::SubscribeResponse membership;
  membership.mutable_membership()->set_member("m-1");
  membership.set_cursor("0");
  collector_.SendNext(membership);
  collector_.AppendRecords(6);  // two batches
  auto subscription = Subscribe({.start = Start::Beginning(), .group = "g"});
  const Event* event = subscription->Next();
  ASSERT_NE(event, nullptr);
  const std::string first = event->cursor();
  EXPECT_THAT(collector_.acknowledged(), IsEmpty());
  event = subscription->Next();
  ASSERT_NE(event, nullptr);
  const std::string second = event->cursor();
  subscription->Acknowledge();
  subscription->Acknowledge();
  subscription.reset();
  // The second may have been told together with the first, never before it was done.
  const std::vector<std::string> acknowledged = collector_.acknowledged();
  ASSERT_FALSE(acknowledged.empty());
  EXPECT_EQ(acknowledged.back(), "g m-1 " + second);
  if (acknowledged.size() == 2) EXPECT_EQ(acknowledged[0], "g m-1 " + first);
}

TEST_F(SubscriptionTest, NeverAcknowledgesWhatWasNotAskedToBeDone) {
  v1::SubscribeResponse membership;
  membership.mutable_membership()->set_member("m-1");
  membership.set_cursor("0");
  collector_.SendNext(membership);
  collector_.AppendRecords(3);
  auto subscription = Subscribe({.start = Start::Beginning(), .follow = true, .group = "g"});
  ASSERT_NE(subscription->Next(), nullptr);
  subscription.reset();
  EXPECT_THAT(collector_.acknowledged(), IsEmpty());
}

TEST_F(SubscriptionTest, LetsAGroupRememberWhereItIs) {
  collector_.AppendRecords(9);
  collector_.EndStreamsAfter(1, grpc::Status(grpc::StatusCode::UNAVAILABLE, "broken"));
  auto subscription = Subscribe({.start = Start::Beginning(), .follow = true, .group = "g"});
  ASSERT_NE(subscription->Next(), nullptr);
  ASSERT_NE(subscription->Next(), nullptr);
  EXPECT_TRUE(collector_.requests()[1].start().beginning());
}

TEST_F(SubscriptionTest, FollowsWhatComes) {
  auto subscription = Subscribe({.start = Start::Beginning(), .follow = true});
  ASSERT_NE(subscription->Next()->progress(), nullptr);
  collector_.AppendRecords(2);
  EXPECT_EQ(Read(subscription.get(), 2), Numbers(0, 2));
  ASSERT_NE(subscription->Next()->progress(), nullptr);
}

TEST_F(SubscriptionTest, ResumesBehindTheLastEventWhenStreamsBreak) {
  collector_.AppendRecords(30);
  collector_.EndStreamsAfter(2, grpc::Status(grpc::StatusCode::UNAVAILABLE, "broken"));
  auto subscription = Subscribe({.start = Start::Beginning(), .follow = true});
  EXPECT_EQ(Read(subscription.get(), 30), Numbers(0, 30));
  EXPECT_GE(collector_.requests().size(), 5);
  EXPECT_EQ(collector_.requests()[1].start().cursor(), "6");
}

TEST_F(SubscriptionTest, ResumesThroughARestartOfTheCollector) {
  collector_.AppendRecords(4);
  auto subscription = Subscribe({.start = Start::Beginning(), .follow = true});
  EXPECT_EQ(Read(subscription.get(), 4), Numbers(0, 4));
  for (size_t round = 1; round <= 3; ++round) {
    collector_.Stop();
    collector_.AppendRecords(4);
    collector_.Start();
    EXPECT_EQ(Read(subscription.get(), 4), Numbers(4 * round, 4 * round + 4));
  }
}

TEST_F(SubscriptionTest, WaitsForACollectorThatIsNotThereYet) {
  collector_.Stop();
  collector_.AppendRecords(1);
  size_t lost = 0;
  auto subscription = Subscribe({.on_state = [&](const ConnectionState& state) {
    if (state.kind != Kind::kLost) return;
    EXPECT_EQ(state.reason.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(state.reason.message(), "Connection refused");
    EXPECT_GT(state.retry_in, absl::ZeroDuration());
    if (++lost == 3) collector_.Start();
  }});
  EXPECT_EQ(Read(subscription.get()), Numbers(0, 1));
}

TEST_F(SubscriptionTest, TellsHowTheConnectionFares) {
  collector_.AppendRecords(4);
  collector_.EndStreamsAfter(1, grpc::Status(grpc::StatusCode::UNAVAILABLE, "the collector is stopping"));
  std::vector<Kind> states;
  auto subscription = Subscribe({.start = Start::Beginning(), .follow = true, .on_state = [&](const auto& state) {
                                   states.push_back(state.kind);
                                 }});
  Read(subscription.get(), 4);
  EXPECT_THAT(states,
              ElementsAre(Kind::kConnecting, Kind::kConnected, Kind::kLost, Kind::kConnecting, Kind::kConnected));
}

TEST_F(SubscriptionTest, ErrorsThatStayEndItWithTheReason) {
  using grpc::StatusCode;
  for (StatusCode code : {StatusCode::INVALID_ARGUMENT, StatusCode::UNIMPLEMENTED, StatusCode::FAILED_PRECONDITION,
                          StatusCode::PERMISSION_DENIED, StatusCode::UNAUTHENTICATED}) {
    collector_.RefuseWith(grpc::Status(code, "regex: missing )"));
    size_t lost = 0;
    auto subscription =
        Subscribe({.follow = true, .on_state = [&](const auto& state) { lost += state.kind == Kind::kLost; }});
    EXPECT_EQ(subscription->Next(), nullptr);
    EXPECT_EQ(static_cast<int>(subscription->status().code()), static_cast<int>(code));
    EXPECT_EQ(subscription->status().message(), absl::StrCat("collector ", collector_.address(), ": regex: missing )"));
    EXPECT_EQ(lost, 0);
  }
}

TEST_F(SubscriptionTest, ErrorsThatPassAreRetried) {
  using grpc::StatusCode;
  collector_.AppendRecords(1);
  for (StatusCode code : {StatusCode::UNAVAILABLE, StatusCode::RESOURCE_EXHAUSTED, StatusCode::ABORTED,
                          StatusCode::INTERNAL, StatusCode::UNKNOWN, StatusCode::CANCELLED}) {
    collector_.RefuseWith(grpc::Status(code, "not now"));
    auto subscription = Subscribe({.on_state = [&](const auto& state) {
      if (state.kind == Kind::kLost) collector_.RefuseWith(grpc::Status::OK);
    }});
    EXPECT_EQ(Read(subscription.get()), Numbers(0, 1)) << code;
  }
}

TEST_F(SubscriptionTest, AStreamThatEndsWhileFollowingGoesOn) {
  collector_.AppendRecords(9);
  collector_.EndStreamsAfter(1, grpc::Status::OK);
  auto subscription = Subscribe({.start = Start::Beginning(), .follow = true});
  EXPECT_EQ(Read(subscription.get(), 9), Numbers(0, 9));
}

TEST_F(SubscriptionTest, GivesUpWhenThereIsNoConnectionForTooLong) {
  collector_.Stop();
  auto subscription = Subscribe({.give_up_after = absl::Milliseconds(30)});
  EXPECT_EQ(subscription->Next(), nullptr);
  EXPECT_EQ(subscription->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(subscription->status().message(),
            absl::StrCat("collector ", collector_.address(), ": no connection for 30ms: Connection refused"));
}

// As one whose brokers are away does, each time after a while.
TEST_F(SubscriptionTest, GivesUpWhenTheCollectorHasNothingToSayForTooLong) {
  collector_.RefuseWith(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the brokers give nothing"),
                        absl::Milliseconds(50));
  auto subscription =
      Subscribe({.give_up_after = absl::Milliseconds(120)}, {.connect_timeout = absl::Milliseconds(10)});
  EXPECT_EQ(subscription->Next(), nullptr);
  EXPECT_EQ(subscription->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(subscription->status().message()), ::testing::HasSubstr("120ms: the brokers give nothing"));
}

TEST_F(SubscriptionTest, LimitCountsOverAllConnections) {
  collector_.AppendRecords(30);
  collector_.EndStreamsAfter(2, grpc::Status(grpc::StatusCode::UNAVAILABLE, "broken"));
  auto subscription = Subscribe({.start = Start::Beginning(), .follow = true, .limit = 14});
  EXPECT_EQ(Read(subscription.get()), Numbers(0, 14));
  EXPECT_TRUE(subscription->status().ok()) << subscription->status();
  EXPECT_EQ(subscription->cursor(), "14");
  EXPECT_EQ(collector_.requests()[1].limit(), 8);
}

TEST_F(SubscriptionTest, MoreThanTheLimitIsDataLoss) {
  v1::SubscribeResponse response;
  response.mutable_batch()->add_records()->set_body("a");
  response.mutable_batch()->add_records()->set_body("b");
  response.set_cursor("2");
  collector_.SendNext(response);
  auto subscription = Subscribe({.limit = 1});
  EXPECT_EQ(subscription->Next(), nullptr);
  EXPECT_EQ(subscription->status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SubscriptionTest, StartTimeHoldsOverAllConnections) {
  // Those that come later with an older time are not asked for; after a reconnect the collector cannot know.
  collector_.AppendRecords(6);
  collector_.AppendRecord("old", 1);
  collector_.AppendRecord("new", 7'000'000'000);
  collector_.EndStreamsAfter(1, grpc::Status(grpc::StatusCode::UNAVAILABLE, "broken"));
  auto subscription = Subscribe({.start = Start::At(absl::FromUnixSeconds(2)), .follow = true, .limit = 5});
  EXPECT_THAT(Read(subscription.get()), ElementsAre("2", "3", "4", "5", "new"));
}

TEST_F(SubscriptionTest, SurfacesWhatWasLeftOut) {
  v1::SubscribeResponse response;
  response.mutable_omitted()->set_reason(v1::OMITTED_REASON_RETENTION);
  response.mutable_omitted()->set_records(17);
  response.mutable_omitted()->set_topic("shop");
  response.set_cursor("0");
  collector_.SendNext(response);
  auto subscription = Subscribe({});
  const Event* event = subscription->Next();
  ASSERT_NE(event, nullptr);
  ASSERT_NE(event->omitted(), nullptr);
  EXPECT_EQ(event->omitted()->records(), 17);
  EXPECT_EQ(event->omitted()->topic(), "shop");
  EXPECT_EQ(event->batch(), nullptr);
}

TEST_F(SubscriptionTest, PassesOverMessagesOfANewerCollector) {
  v1::SubscribeResponse response;
  response.GetReflection()->MutableUnknownFields(&response)->AddLengthDelimited(17, "later");
  response.set_cursor("1");
  collector_.SendNext(response);
  collector_.AppendRecords(1);
  auto subscription = Subscribe({});
  EXPECT_EQ(Read(subscription.get()), Numbers(0, 1));
}

TEST_F(SubscriptionTest, AMalformedMessageIsDataLoss) {
  v1::SubscribeResponse response;
  response.GetReflection()->MutableUnknownFields(&response)->AddLengthDelimited(
      v1::SubscribeResponse::kBatchFieldNumber, "\x0a\xff");
  response.set_cursor("1");
  collector_.SendNext(response);
  auto subscription = Subscribe({.follow = true});
  EXPECT_EQ(subscription->Next(), nullptr);
  EXPECT_EQ(subscription->status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(subscription->status().message()), HasSubstr("malformed LogBatch"));
}

TEST_F(SubscriptionTest, AMessageAboveTheLimitEndsIt) {
  collector_.AppendRecord(std::string(2000, 'x'), 0);
  auto subscription = Subscribe({}, {.message_bytes_max = 1000});
  EXPECT_EQ(subscription->Next(), nullptr);
  EXPECT_EQ(subscription->status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(SubscriptionTest, CancelEndsAReadThatWaits) {
  auto subscription = Subscribe({.follow = true});
  std::thread other([&] {
    collector_.AwaitRequests(1);
    subscription->Cancel();
  });
  EXPECT_THAT(Read(subscription.get()), IsEmpty());
  EXPECT_EQ(subscription->status().code(), absl::StatusCode::kCancelled);
  other.join();
}

TEST_F(SubscriptionTest, CancelEndsAWaitForTheCollector) {
  collector_.Stop();
  ClientOptions options = {.address = collector_.address(), .retry_min = absl::Hours(1), .retry_max = absl::Hours(1)};
  auto client = Client::Create(options);
  ASSERT_TRUE(client.ok());
  std::thread other;
  std::unique_ptr<Subscription> subscription;
  subscription = (*client)->Subscribe({.on_state = [&](const auto& state) {
    if (state.kind == Kind::kLost) other = std::thread([&] { subscription->Cancel(); });
  }});
  EXPECT_EQ(subscription->Next(), nullptr);
  EXPECT_EQ(subscription->status().code(), absl::StatusCode::kCancelled);
  other.join();
}

TEST_F(SubscriptionTest, CancelBeforeTheFirstReadIsHeeded) {
  auto subscription = Subscribe({});
  subscription->Cancel();
  EXPECT_EQ(subscription->Next(), nullptr);
  EXPECT_EQ(subscription->status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(collector_.requests(), IsEmpty());
}

TEST_F(SubscriptionTest, EndsAtItsDeadline) {
  auto subscription = Subscribe({.follow = true, .deadline = absl::Now() + absl::Milliseconds(50)});
  EXPECT_THAT(Read(subscription.get()), IsEmpty());
  EXPECT_EQ(subscription->status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(SubscriptionTest, TheDeadlineAlsoEndsAWaitForTheCollector) {
  collector_.Stop();
  auto subscription = Subscribe({.deadline = absl::Now() + absl::Milliseconds(50)});
  EXPECT_EQ(subscription->Next(), nullptr);
  EXPECT_EQ(subscription->status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(SubscriptionTest, IsReadyWhenAMessageIsHere) {
  auto subscription = Subscribe({.follow = true});
  EXPECT_FALSE(subscription->Ready());
  ASSERT_NE(subscription->Next()->progress(), nullptr);
  EXPECT_FALSE(subscription->Ready());
  collector_.AppendRecords(1);
  while (!subscription->Ready()) {
  }
  EXPECT_EQ(Read(subscription.get(), 1), Numbers(0, 1));
  subscription->Cancel();
  EXPECT_EQ(subscription->Next(), nullptr);
  EXPECT_TRUE(subscription->Ready());
}

TEST_F(SubscriptionTest, OutlivesItsClient) {
  collector_.AppendRecords(3);
  auto subscription = Subscribe({});  // whose client is gone by now
  EXPECT_EQ(Read(subscription.get()), Numbers(0, 3));
}

TEST_F(SubscriptionTest, MayBeDroppedInTheMiddle) {
  collector_.AppendRecords(100);
  auto subscription = Subscribe({.follow = true});
  ASSERT_NE(subscription->Next(), nullptr);
  subscription.reset();
}

}  // namespace
}  // namespace sluice::client
