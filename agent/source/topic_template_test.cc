#include "agent/source/topic_template.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Fill(std::string_view text, std::string_view dir, std::string_view file = "a.log") {
  return FillTopicTemplate(text, {.dir = dir, .file = file, .source = "app", .agent = "web-1"});
}

TEST(TopicTemplateTest, FillsInFields) {
  EXPECT_EQ(Fill("{dir}", "info"), "info");
  EXPECT_EQ(Fill("{dir}", "info/deep"), "info.deep");
  EXPECT_EQ(Fill("{dir}", ""), "app");
  EXPECT_EQ(Fill("{source}.{file}.{agent}", ""), "app.a.log.web-1");
  EXPECT_EQ(Fill("fixed", "info"), "fixed");
}

TEST(TopicTemplateTest, AlwaysGivesALegalTopic) {
  EXPECT_EQ(Fill("{dir}", "a b/\xC3\xA4"), "a_b.__");
  EXPECT_EQ(Fill("{dir}", "caf\xE9"), "caf_");
  EXPECT_EQ(Fill("{dir}", "caf\xEF\xBF\xBD"), "caf_") << "as the collector tells of it";
  EXPECT_EQ(Fill("{dir}", std::string(1000, 'x')).size(), 249);
  EXPECT_EQ(Fill("{dir}", "."), "._");
  EXPECT_EQ(Fill("{dir}", ".."), ".._");
}

TEST(TopicTemplateTest, RefusesWhatIsNoTemplate) {
  EXPECT_TRUE(CheckTopicTemplate("logs-{dir}.{file}").ok());
  EXPECT_EQ(CheckTopicTemplate("{dirr}").message(), "unknown field {dirr}; allowed: {dir}, {file}, {source}, {agent}");
  EXPECT_EQ(CheckTopicTemplate("a{dir").message(), "'{' at character 2 is not closed");
  EXPECT_EQ(CheckTopicTemplate("a/b").message(),
            "found '/' at character 2; a topic has letters, digits, '.', '_' and '-' only");
  EXPECT_FALSE(CheckTopicTemplate("").ok());
  EXPECT_EQ(CheckTopicTemplate("..").message(), "found \"..\", which is no topic");
}

}  // namespace
}  // namespace sluice::agent
