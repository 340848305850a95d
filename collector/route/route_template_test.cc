#include "collector/route/route_template.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

const SharedFields kShared = {.topic = "shop",
                              .agent = "web-1:a",
                              .path = "/var/log/shop.log",
                              .source = "app",
                              .labels = {{"env", "prod/eu"}, {"empty", ""}, {"env", "prod eu"}, {"dots", ".."}}};

std::string Fill(std::string_view text, const SharedFields& shared = kShared) {
  absl::StatusOr<RouteTemplate> compiled = RouteTemplate::Compile(text);
  if (!compiled.ok()) return compiled.status().ToString();
  absl::StatusOr<std::string> topic = compiled->Fill(shared);
  return topic.ok() ? *topic : topic.status().ToString();
}

TEST(RouteTemplateTest, FillsInFieldsAsLegalTopics) {
  EXPECT_EQ(Fill("critical"), "critical");
  EXPECT_EQ(Fill("{topic}"), "shop");
  EXPECT_EQ(Fill("{topic}.{label.env}"), "shop.prod_eu");
  EXPECT_EQ(Fill("a-{agent}_{source}.z"), "a-web-1_a_app.z");
  EXPECT_EQ(Fill("x{label.dots}"), "x..");
}

TEST(RouteTemplateTest, HasNoTopicWithoutEveryValue) {
  EXPECT_THAT(Fill("a.{label.missing}"), HasSubstr("{label.missing} is empty"));
  EXPECT_THAT(Fill("a.{label.empty}"), HasSubstr("{label.empty} is empty"));
  EXPECT_THAT(Fill("{source}", {.topic = "shop"}), HasSubstr("{source} is empty"));
}

TEST(RouteTemplateTest, HasNoTopicThatIsNotLegal) {
  EXPECT_THAT(Fill("{label.dots}"), HasSubstr("'..' is no topic"));
  const std::string long_value(250, 'x');
  EXPECT_THAT(Fill("{topic}", {.topic = long_value}), HasSubstr("250 characters"));
}

TEST(RouteTemplateTest, RefusesWhatIsNoTemplate) {
  EXPECT_THAT(Fill(""), HasSubstr("expected a topic or a template"));
  EXPECT_THAT(Fill("a{topic"), HasSubstr("'{' at character 2 is not closed"));
  EXPECT_THAT(Fill("{dir}"), HasSubstr("unknown field {dir}; allowed: {topic}, {agent}, {source}, {label.NAME}"));
  EXPECT_THAT(Fill("{label.}"), HasSubstr("unknown field"));
  EXPECT_THAT(Fill("a/b"), HasSubstr("found '/' at character 2"));
  EXPECT_THAT(Fill(".."), HasSubstr("no topic"));
}

}  // namespace
}  // namespace sluice::collector
