#include "collector/route/explain.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

class ExplainTest : public ::testing::Test {
 protected:
  std::string Explain(std::string_view json) {
    const absl::StatusOr<std::string> text = ExplainRecord(*router_, json);
    return text.ok() ? *text : std::string(text.status().message());
  }
  const absl::StatusOr<Router> router_ = Router::Compile(
      {.routes = {{.name = "noise", .match = {.topic = "health*", .regex = "GET /healthz"}, .drop = true},
                  {.name = "severe", .match = {.min_severity = v1::SEVERITY_WARN}, .copy_to = {"critical"}},
                  {.name = "eu", .match = {.source = "eu"}, .topic = "eu.{label.env}"}},
       .dead_letters = {}});
};

TEST_F(ExplainTest, TellsWhichRouteTakesARecordAndWhereItGoes) {
  EXPECT_EQ(Explain(R"({"topic":"shop"})"), "no route -> shop");
  EXPECT_EQ(Explain(R"({"topic":"healthz","body":"GET /healthz HTTP/1.1"})"), "route noise -> dropped");
  EXPECT_EQ(Explain(R"({"topic":"healthz","body":"GET /"})"), "no route -> healthz");
  EXPECT_EQ(Explain(R"({"topic":"shop","severity":"error"})"), "route severe -> shop, critical");
  EXPECT_EQ(Explain(R"({"topic":"shop","severity":13})"), "route severe -> shop, critical");
  EXPECT_EQ(Explain(R"({"topic":"shop","source":"eu","labels":{"env":"prod"}})"), "route eu -> eu.prod");
  EXPECT_THAT(Explain(R"({"topic":"shop","source":"eu"})"),
              HasSubstr("route eu -> dead-letter (route 'eu': {label.env} is empty"));
}

TEST_F(ExplainTest, TellsWhatIsWrongWithALine) {
  EXPECT_THAT(Explain("{"), HasSubstr("no JSON object"));
  EXPECT_THAT(Explain("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(Explain(R"({"topic":1})"), HasSubstr("topic is no string"));
  EXPECT_THAT(Explain(R"({"topic":"a","severity":"loud"})"), HasSubstr("severity is neither"));
  EXPECT_THAT(Explain(R"({"topic":"a","severity":1.5})"), HasSubstr("severity is neither"));
  EXPECT_THAT(Explain(R"({"topic":"a","labels":[]})"), HasSubstr("labels is no object"));
  EXPECT_THAT(Explain(R"({"topic":"a","level":"x"})"), HasSubstr("unknown key 'level'; allowed: topic"));
  EXPECT_THAT(Explain(R"({"body":"a"})"), HasSubstr("the topic is empty"));
}

TEST_F(ExplainTest, NumbersTheLines) {
  bool ok = false;
  EXPECT_EQ(ExplainLines(*router_, "{\"topic\":\"a\"}\n\n{\"topic\":\"b\"}", &ok),
            "1: no route -> a\n3: no route -> b\n");
  EXPECT_TRUE(ok);
  EXPECT_THAT(ExplainLines(*router_, "{}\n", &ok), HasSubstr("1: error: "));
  EXPECT_FALSE(ok);
}

}  // namespace
}  // namespace sluice::collector
