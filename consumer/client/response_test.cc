#include "consumer/client/response.h"

#include "absl/strings/str_cat.h"
#include "consumer/client/testing_batches.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;

std::string WithCursor(v1::SubscribeResponse response) {
  response.set_cursor("c1");
  return response.SerializeAsString();
}

TEST(ResponseTest, ReadsEveryKindOfMessage) {
  v1::SubscribeResponse batch;
  *batch.mutable_batch() = FullBatch();
  const std::string batch_bytes = WithCursor(batch);
  auto response = Response::Parse(batch_bytes, 0);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->kind, Response::Kind::kBatch);
  EXPECT_EQ(response->cursor, "c1");
  EXPECT_EQ(response->batch.records().size(), 2);
  EXPECT_EQ(response->records_sent, 2);

  v1::SubscribeResponse progress;
  progress.mutable_progress()->set_records_scanned(5);
  const std::string progress_bytes = WithCursor(progress);
  response = Response::Parse(progress_bytes, 0);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->kind, Response::Kind::kProgress);
  EXPECT_EQ(response->progress.records_scanned(), 5);

  v1::SubscribeResponse omitted;
  omitted.mutable_omitted()->set_records(6);
  const std::string omitted_bytes = WithCursor(omitted);
  response = Response::Parse(omitted_bytes, 0);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->kind, Response::Kind::kOmitted);
  EXPECT_EQ(response->omitted.records(), 6);

  v1::SubscribeResponse membership;
  membership.mutable_membership()->set_member("m");
  const std::string membership_bytes = WithCursor(membership);
  response = Response::Parse(membership_bytes, 0);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->kind, Response::Kind::kMembership);
  EXPECT_EQ(response->membership.member(), "m");

  const std::string other_bytes = WithCursor({});
  response = Response::Parse(other_bytes, 0);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->kind, Response::Kind::kOther);
}

TEST(ResponseTest, CountsWhatWasSentAndLeavesOutWhatIsTooOld) {
  v1::SubscribeResponse batch;
  *batch.mutable_batch() = FullBatch();
  const std::string bytes = WithCursor(batch);
  auto response = Response::Parse(bytes, 1'700'000'001'000'000'000);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->batch.records().size(), 1);
  EXPECT_EQ(response->records_sent, 2);
}

TEST(ResponseTest, WithoutACursorNothingCouldResume) {
  v1::SubscribeResponse progress;
  progress.mutable_progress();
  auto response = Response::Parse(progress.SerializeAsString(), 0);
  EXPECT_EQ(response.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(response.status().message()), HasSubstr("no cursor"));
}

TEST(ResponseTest, WhatIsMalformedIsDataLoss) {
  const std::string cursor = WithCursor({});
  const std::string kCases[] = {
      "\x0a\x05",                                                                  // a batch cut short
      "\x22\x02\xff\xff",                                                          // a cursor that is no text
      absl::StrCat("\x12\x01\x08", cursor),                                        // a Progress cut short inside
      absl::StrCat("\x1a\x03\x1a\x01\xff", cursor),                                // an Omitted whose topic is no text
      absl::StrCat("\x0a", std::string(1, 0), "\x0a", std::string(1, 0), cursor),  // two messages
      absl::StrCat(cursor, "\x07"),                                                // an unknown wire type
  };
  for (const std::string& bytes : kCases) {
    EXPECT_EQ(Response::Parse(bytes, 0).status().code(), absl::StatusCode::kDataLoss) << testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace sluice::client
