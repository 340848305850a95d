#include "consumer/client/resume.h"

#include "consumer/client/testing_batches.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using StreamEnd = Resume::StreamEnd;

// A response with `records` records, the first `old` of which are left out.
class Sent {
 public:
  Sent(size_t records, const std::string& cursor, size_t old = 0) {
    v1::SubscribeResponse message;
    for (size_t i = 0; i < records; ++i) message.mutable_batch()->add_records()->set_time_unix_nano(i < old ? 1 : 100);
    message.set_cursor(cursor);
    bytes_ = message.SerializeAsString();
    response_ = *Response::Parse(bytes_, old > 0 ? 50 : 0);
  }
  const Response& response() const { return response_; }

 private:
  std::string bytes_;
  Response response_;
};

TEST(ResumeTest, BeginsWhereItWasTold) {
  EXPECT_FALSE(Resume({}).NextRequest().has_start());
  EXPECT_TRUE(Resume({.start = Start::Beginning()}).NextRequest().start().beginning());
  EXPECT_TRUE(Resume({.start = Start::End()}).NextRequest().start().end());
  EXPECT_EQ(Resume({.start = Start::After("c7")}).NextRequest().start().cursor(), "c7");
  Resume at({.start = Start::At(absl::FromUnixNanos(1'500'000'001))});
  EXPECT_EQ(at.NextRequest().start().time().seconds(), 1);
  EXPECT_EQ(at.NextRequest().start().time().nanos(), 500'000'001);
  EXPECT_EQ(at.min_time_unix_nano(), 1'500'000'001);
}

TEST(ResumeTest, TimesOutsideOfWhatTheWireKnowsAreItsEnds) {
  EXPECT_EQ(Resume({.start = Start::At(absl::InfinitePast())}).NextRequest().start().time().seconds(), 0);
  EXPECT_EQ(Resume({.start = Start::At(absl::InfiniteFuture())}).NextRequest().start().time().seconds(), 253402300799);
  EXPECT_FALSE(Resume({}).NextRequest().has_end_time());
}

TEST(ResumeTest, GoesOnBehindTheLastResponse) {
  Resume resume({.start = Start::Beginning(), .limit = 10});
  resume.NextRequest();
  ASSERT_TRUE(resume.Deliver(Sent(3, "c3").response()).ok());
  EXPECT_EQ(resume.cursor(), "c3");
  EXPECT_EQ(resume.NextRequest().start().cursor(), "c3");
  EXPECT_EQ(resume.NextRequest().limit(), 7);
}

TEST(ResumeTest, KnowsWhyAStreamEnded) {
  Resume history({});
  history.NextRequest();
  EXPECT_EQ(history.OnStreamEnd(), StreamEnd::kDone);

  Resume following({.follow = true});
  following.NextRequest();
  EXPECT_EQ(following.OnStreamEnd(), StreamEnd::kEarly);

  Resume limited({.follow = true, .limit = 3});
  limited.NextRequest();
  ASSERT_TRUE(limited.Deliver(Sent(3, "c3").response()).ok());
  EXPECT_TRUE(limited.complete());
  EXPECT_EQ(limited.OnStreamEnd(), StreamEnd::kDone);
}

TEST(ResumeTest, AsksForMoreIfTheLimitWentToRecordsThatWereLeftOut) {
  Resume resume({.start = Start::At(absl::FromUnixNanos(50)), .limit = 3});
  resume.NextRequest();
  ASSERT_TRUE(resume.Deliver(Sent(3, "c3", 2).response()).ok());
  EXPECT_FALSE(resume.complete());
  EXPECT_EQ(resume.OnStreamEnd(), StreamEnd::kAgain);
  EXPECT_EQ(resume.NextRequest().limit(), 2);
}

TEST(ResumeTest, MoreRecordsThanTheLimitAreRefused) {
  Resume resume({.limit = 2});
  resume.NextRequest();
  EXPECT_EQ(resume.Deliver(Sent(3, "c3").response()).code(), absl::StatusCode::kDataLoss);
}

TEST(ResumeTest, TellsErrorsThatStayFromErrorsThatPass) {
  for (auto code : {absl::StatusCode::kInvalidArgument, absl::StatusCode::kUnimplemented, absl::StatusCode::kDataLoss,
                    absl::StatusCode::kFailedPrecondition, absl::StatusCode::kUnauthenticated}) {
    EXPECT_TRUE(IsPermanent(absl::Status(code, "x"))) << code;
  }
  for (auto code : {absl::StatusCode::kOk, absl::StatusCode::kUnavailable, absl::StatusCode::kInternal,
                    absl::StatusCode::kUnknown, absl::StatusCode::kAborted, absl::StatusCode::kResourceExhausted,
                    absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kCancelled}) {
    EXPECT_FALSE(IsPermanent(absl::Status(code, "x"))) << code;
  }
  EXPECT_TRUE(IsPermanent(absl::ResourceExhaustedError("Received message larger than max (5 vs. 4)")));
}

}  // namespace
}  // namespace sluice::client
