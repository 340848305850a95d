#include "agent/source/source.h"

#include <memory>
#include <utility>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::shared_ptr<const Source> Make(SourceOptions options) {
  options.name = "app";
  options.root = "/var/log/app";
  return *Source::Create(std::move(options), "web-1");
}

TEST(SourceTest, IncludesEverythingButCompressedFilesByDefault) {
  std::shared_ptr<const Source> source = Make({});
  EXPECT_TRUE(source->Includes("/var/log/app/a.log"));
  EXPECT_TRUE(source->Includes("/var/log/app/x/y/a"));
  EXPECT_FALSE(source->Includes("/var/log/app/a.log.2.gz"));
  EXPECT_FALSE(source->Includes("/var/log/app/x/a.zst"));
}

TEST(SourceTest, ExcludesAfterIncluding) {
  SourceOptions options;
  options.include = {"**/*.log"};
  options.exclude = {"debug/**"};
  std::shared_ptr<const Source> source = Make(std::move(options));
  EXPECT_TRUE(source->Includes("/var/log/app/a.log"));
  EXPECT_FALSE(source->Includes("/var/log/app/a.txt"));
  EXPECT_FALSE(source->Includes("/var/log/app/debug/a.log"));
}

TEST(SourceTest, NamesTopicsByDirectory) {
  std::shared_ptr<const Source> source = Make({});
  EXPECT_EQ(source->TopicOf("/var/log/app/a.log"), "app");
  EXPECT_EQ(source->TopicOf("/var/log/app/x/a.log"), "x");
  EXPECT_EQ(source->TopicOf("/var/log/app/x/y/a.log"), "x.y");
}

TEST(SourceTest, SaysWhichOptionIsWrong) {
  SourceOptions options;
  options.root = "/";
  options.include = {"[a"};
  EXPECT_EQ(Source::Create(options, "").status().message().substr(0, 8), "include:");
  options.include = {"*"};
  options.parser = {.kind = ParserKind::kRegex, .regex = "("};
  EXPECT_FALSE(Source::Create(options, "").ok());
}

}  // namespace
}  // namespace sluice::agent
