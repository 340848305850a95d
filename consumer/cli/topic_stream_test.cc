#include "consumer/cli/topic_stream.h"

#include <string>
#include <thread>
#include <vector>

#include "consumer/client/fake_collector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using testing::ElementsAre;

TEST(TopicStreamTest, ReadsWhatIsStoredAndThenWhatComes) {
  client::FakeCollector collector;
  collector.Start();
  collector.AppendRecords(4);
  auto client = client::Client::Create({.address = collector.address()}).value();
  TopicStream stream(client.get(), "alerts", nullptr);
  std::vector<std::string> lines;
  const auto take = [&](const client::RecordView& record) {
    lines.emplace_back(record.line());
    return lines.size() < 6;
  };
  ASSERT_TRUE(stream.Read(client::Start::Beginning(), take).ok());
  EXPECT_THAT(lines, ElementsAre("0", "1", "2", "3"));
  std::thread writer([&] { collector.AppendRecords(2); });
  EXPECT_TRUE(stream.Follow(take).ok());
  EXPECT_EQ(lines.size(), 6u);
  EXPECT_THAT(collector.requests()[1].topics(), ElementsAre("alerts"));
  writer.join();
}

TEST(TopicStreamTest, IsCancelled) {
  client::FakeCollector collector;
  collector.Start();
  auto client = client::Client::Create({.address = collector.address()}).value();
  TopicStream stream(client.get(), "alerts", nullptr);
  std::thread other([&] {
    collector.AwaitRequests(1);
    stream.Cancel();
  });
  EXPECT_TRUE(stream.Follow([](const client::RecordView&) { return true; }).ok());
  other.join();
  EXPECT_TRUE(stream.Read(client::Start::Beginning(), [](const client::RecordView&) { return true; }).ok());
}

TEST(TopicStreamTest, GivesUpReadingWithoutACollector) {
  auto client = client::Client::Create({.address = "127.0.0.1:1"}).value();
  TopicStream stream(client.get(), "alerts", nullptr, absl::Milliseconds(50));
  EXPECT_TRUE(
      absl::IsUnavailable(stream.Read(client::Start::Beginning(), [](const client::RecordView&) { return true; })));
}

}  // namespace
}  // namespace sluice::cli
