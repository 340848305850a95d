#include "agent/events/event_log.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"

namespace sluice::agent {
namespace {

using ::testing::HasSubstr;

class EventLogTest : public ::testing::Test {
 protected:
  EventLogTest() {
    std::string pattern = ::testing::TempDir() + "events-XXXXXX";
    root_ = mkdtemp(pattern.data());
    options_.directory = root_ + "/events";
  }
  ~EventLogTest() override { std::filesystem::remove_all(root_); }

  EventLog NewLog() { return EventLog(options_, HostFileSystem(), &clock_, &metrics_); }
  std::string Content(const std::string& name = "events.log") {
    std::ifstream file(options_.directory + "/" + name);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }
  static FileEvent Gap(uint64_t bytes) {
    FileEvent event;
    event.kind = FileEvent::Kind::kGap;
    event.reason = "truncated";
    event.path = "/log/a\"b\n";
    event.source = "app";
    event.bytes = bytes;
    event.file.set_device(3);
    event.file.set_inode(7);
    event.file.set_generation(1);
    return event;
  }
  static FileEvent Renamed(const std::string& from, const std::string& to) {
    FileEvent event;
    event.kind = FileEvent::Kind::kRenamed;
    event.path = to;
    event.old_path = from;
    return event;
  }

  std::string root_;
  EventLog::Options options_;
  SimulatedClock clock_;
  prometheus::Registry registry_;
  AgentMetrics metrics_{&registry_};
};

TEST_F(EventLogTest, WritesOneJsonObjectALine) {
  EventLog log = NewLog();
  log.OnFileEvent(Gap(512));
  EXPECT_EQ(
      Content(),
      "{\"time\":\"2023-11-14T22:13:20.000000000Z\",\"level\":\"warn\",\"event\":\"gap\",\"reason\":\"truncated\","
      "\"bytes\":512,\"path\":\"/log/a\\\"b\\u000a\",\"source\":\"app\",\"device\":3,\"inode\":7,\"generation\":1}\n");
  log.OnFileEvent(Renamed("/log/a", "/log/a.1"));
  EXPECT_THAT(Content(), HasSubstr("\"level\":\"info\",\"event\":\"renamed\",\"bytes\":0,\"path\":\"/log/a.1\","
                                   "\"old_path\":\"/log/a\""));
}

TEST_F(EventLogTest, GoesOnBehindWhatAnEarlierRunWrote) {
  {
    NewLog().OnFileEvent(Gap(1));
  }
  {
    NewLog().OnFileEvent(Gap(2));
  }
  std::string content = Content();
  EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), 2);
  std::ofstream(options_.directory + "/events.log", std::ios::app) << "{\"half";  // a crash, or a full disk
  {
    NewLog().OnFileEvent(Gap(3));
  }
  EXPECT_THAT(Content(), HasSubstr("{\"half\n{\"time\""));
}

TEST_F(EventLogTest, KeepsOneFullFileBesideTheOneThatIsWritten) {
  options_.file_bytes_max = 1000;
  EventLog log = NewLog();
  for (uint64_t i = 0; i < 20; ++i) log.OnFileEvent(Gap(i));
  EXPECT_LE(Content().size(), 1000);
  EXPECT_LE(Content("events.log.1").size(), 1000);
  EXPECT_THAT(Content() + Content("events.log.1"), HasSubstr("\"bytes\":19,"));
  EXPECT_FALSE(std::filesystem::exists(options_.directory + "/events.log.2"));
}

TEST_F(EventLogTest, SumsUpWhatComesTooFast) {
  options_.burst = 10;
  options_.per_second = 1;
  EventLog log = NewLog();
  for (int i = 0; i < 1000; ++i) log.OnFileEvent(Renamed("/log/a", "/log/b"));
  log.OnFileEvent(Gap(77));
  std::string content = Content();
  EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), 11);
  EXPECT_THAT(content, HasSubstr("\"bytes\":77")) << "a loss does not wait behind renames";
  EXPECT_LT(log.Work(), INT64_MAX);
  clock_.Advance(2'000'000'000);
  EXPECT_EQ(log.Work(), INT64_MAX);
  EXPECT_THAT(Content(), HasSubstr("\"event\":\"suppressed\",\"of\":\"renamed\",\"count\":990,\"bytes\":0}"));
}

TEST_F(EventLogTest, SumsUpLossesToTheByte) {
  options_.burst = 2;
  options_.per_second = 1;
  EventLog log = NewLog();
  for (uint64_t i = 1; i <= 10; ++i) log.OnFileEvent(Gap(i));
  clock_.Advance(1'000'000'000);
  log.Work();
  EXPECT_THAT(Content(),
              HasSubstr("\"event\":\"suppressed\",\"of\":\"gap\",\"reason\":\"truncated\",\"count\":8,\"bytes\":52}"));
}

TEST_F(EventLogTest, CountsWhatCannotBeWritten) {
  std::ofstream(options_.directory) << "a file where the directory should be";
  EventLog log = NewLog();
  log.OnFileEvent(Gap(1));
  EXPECT_EQ(metrics_.events_dropped.Value(), 1);
  std::filesystem::remove(options_.directory);
  log.OnFileEvent(Gap(2));
  EXPECT_EQ(metrics_.events_dropped.Value(), 1);
  EXPECT_THAT(Content(), HasSubstr("\"bytes\":2"));
}

}  // namespace
}  // namespace sluice::agent
