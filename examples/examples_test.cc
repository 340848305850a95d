// The examples do what they say.
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "collector/testing/test_server.h"
#include "consumer/client/fake_collector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int code = 0;
  std::string output;
};

Outcome RunExample(const std::string& command) {
  Outcome outcome;
  std::FILE* pipe = popen(absl::StrCat("examples/", command, " 2>&1").c_str(), "r");
  char buffer[4096];
  while (size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) outcome.output.append(buffer, size);
  outcome.code = WEXITSTATUS(pclose(pipe));
  return outcome;
}

TEST(ExamplesTest, PrintErrorsPrintsWhatComes) {
  FakeCollector collector;
  collector.Start();
  std::thread writer([&] {
    collector.AwaitRequests(1);
    collector.AppendRecords(2);
  });
  Outcome outcome = RunExample(absl::StrCat("print_errors ", collector.address(), " 2"));
  writer.join();
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("topic: 0\n"));
  EXPECT_THAT(outcome.output, HasSubstr("topic: 1\n"));
  EXPECT_EQ(collector.requests()[0].min_severity(), v1::SEVERITY_ERROR);
}

TEST(ExamplesTest, CountByTopicGoesOnWhereItWas) {
  FakeCollector collector;
  collector.Start();
  collector.AppendRecords(5);
  const std::string command =
      absl::StrCat("count_by_topic ", ::testing::TempDir(), "/count_by_topic.cursor ", collector.address());
  EXPECT_EQ(RunExample(command).output, "topic 5\n");
  collector.AppendRecords(3);
  EXPECT_EQ(RunExample(command).output, "topic 3\n");
  EXPECT_EQ(RunExample(command).output, "");
}

TEST(ExamplesTest, PublishLinesGoesOnWhereItWas) {
  collector::testing::TestServer collector;
  const std::string input = absl::StrCat(::testing::TempDir(), "/publish_lines.input");
  const std::string command = absl::StrCat("publish_lines topic me 127.0.0.1:", collector->grpc_port(), " < ", input);
  std::ofstream(input) << "a\nb\n";
  EXPECT_EQ(RunExample(command).output, "2 lines, 2 of them now\n");
  std::ofstream(input) << "a\nb\nc\n";
  EXPECT_EQ(RunExample(command).output, "3 lines, 1 of them now\n");
}

}  // namespace
}  // namespace sluice::client
