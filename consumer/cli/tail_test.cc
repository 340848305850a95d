#include "consumer/cli/tail.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "absl/strings/str_cat.h"
#include "consumer/client/fake_collector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using client::FakeCollector;
using client::Start;
using client::SubscribeOptions;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Reads what was written so far.
std::string Written(std::FILE* file) {
  std::rewind(file);
  std::string text(1 << 20, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

class TailTest : public ::testing::Test {
 protected:
  void SetUp() override { collector_.Start(); }
  void TearDown() override { std::fclose(file_); }

  std::unique_ptr<client::Subscription> Subscribe(SubscribeOptions options) {
    auto client = client::Client::Create({.address = collector_.address()});
    EXPECT_TRUE(client.ok());
    return (*client)->Subscribe(std::move(options));
  }

  FakeCollector collector_{1};  // a record a batch
  std::FILE* file_ = std::tmpfile();
};

TEST_F(TailTest, WritesEveryRecordAndEndsWell) {
  collector_.AppendRecords(5);
  Output output(file_);
  auto subscription = Subscribe({});
  auto format = NewRawFormat(false);
  EXPECT_TRUE(Tail(subscription.get(), format.get(), &output).ok());
  EXPECT_EQ(Written(file_), "0\n1\n2\n3\n4\n");
}

TEST_F(TailTest, WritesALineAtOnceAndEndsWellWhenCancelled) {
  // The pipe has a line as soon as the record is there, though the tail goes on.
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::FILE* writer = fdopen(ends[1], "w");
  std::FILE* reader = fdopen(ends[0], "r");
  Output output(writer);
  auto subscription = Subscribe({.follow = true});
  std::thread tail([&] {
    auto format = NewRawFormat(false);
    EXPECT_TRUE(Tail(subscription.get(), format.get(), &output).ok());
  });
  collector_.AwaitRequests(1);
  for (int i = 0; i < 3; ++i) {
    collector_.AppendRecord(absl::StrCat("line ", i), 0);
    char line[64];
    ASSERT_NE(std::fgets(line, sizeof line, reader), nullptr);
    EXPECT_EQ(std::string(line), absl::StrCat("line ", i, "\n"));
  }
  subscription->Cancel();
  tail.join();
  std::fclose(reader);
  std::fclose(writer);
}

TEST_F(TailTest, AReaderThatWentAwayIsNoError) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  std::FILE* writer = fdopen(ends[1], "w");
  Output output(writer);
  collector_.AppendRecords(5);
  auto subscription = Subscribe({.start = Start::Beginning(), .follow = true});
  auto format = NewRawFormat(false);
  EXPECT_TRUE(Tail(subscription.get(), format.get(), &output).ok());
  EXPECT_TRUE(output.reader_gone());
  std::fclose(writer);
}

TEST_F(TailTest, AnOutputThatFailsIsAnError) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  Output output(full);
  collector_.AppendRecords(5);
  auto subscription = Subscribe({.start = Start::Beginning(), .follow = true});
  auto format = NewRawFormat(false);
  EXPECT_EQ(Tail(subscription.get(), format.get(), &output).code(), absl::StatusCode::kResourceExhausted);
  std::fclose(full);
}

TEST_F(TailTest, AnErrorOfTheCollectorIsReturned) {
  collector_.RefuseWith(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "group: not yet"));
  Output output(file_);
  auto subscription = Subscribe({.group = "g"});
  auto format = NewRawFormat(false);
  EXPECT_EQ(Tail(subscription.get(), format.get(), &output).code(), absl::StatusCode::kUnimplemented);
}

TEST_F(TailTest, SaysWhatWasLeftOutWhereItIsMissing) {
  v1::SubscribeResponse response;
  response.mutable_omitted()->set_reason(v1::OMITTED_REASON_RETENTION);
  response.mutable_omitted()->set_records(17);
  response.mutable_omitted()->set_topic("shop");
  response.set_cursor("0");
  collector_.SendNext(response);
  Output output(file_);
  auto subscription = Subscribe({});
  auto format = NewRawFormat(false);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(Tail(subscription.get(), format.get(), &output).ok());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("WARN"), HasSubstr("left out"), HasSubstr("records=17"), HasSubstr("retention"),
                    HasSubstr("shop")));
}

TEST(ConnectionReporterTest, SaysOnceThatItIsLostAndOnceThatItIsBack) {
  using Kind = client::ConnectionState::Kind;
  auto report = ConnectionReporter("127.0.0.1:7070");
  ::testing::internal::CaptureStderr();
  report({.kind = Kind::kConnecting});
  report({.kind = Kind::kConnected});
  for (int i = 0; i < 3; ++i) report({.kind = Kind::kLost, .reason = absl::UnavailableError("gone")});
  report({.kind = Kind::kConnected});
  std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("no connection"), HasSubstr("reason=gone"), HasSubstr("connected again")));
}

}  // namespace
}  // namespace sluice::cli
