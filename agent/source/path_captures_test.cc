#include "agent/source/path_captures.h"

#include <map>
#include <string>
#include <vector>

#include "base/glob.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using Values = std::map<std::string, std::string>;

Values Match(std::string_view pattern, std::string_view path) {
  absl::StatusOr<PathCaptures> captures = PathCaptures::Compile(pattern);
  EXPECT_TRUE(captures.ok()) << captures.status();
  Values values;
  if (!captures->Match(path, &values)) values["no"] = "match";
  return values;
}

TEST(PathCapturesTest, NamesStandForPartsOfThePath) {
  EXPECT_EQ(Match("{service}/{env}/*.log", "cart/prod/a.log"), (Values{{"service", "cart"}, {"env", "prod"}}));
  EXPECT_EQ(Match("{app}-{n1}.log", "web-shop-3.log"), (Values{{"app", "web-shop"}, {"n1", "3"}}));
  EXPECT_EQ(Match("**/{file_name}.log", "a/b/c.log"), (Values{{"file_name", "c"}}));
  EXPECT_EQ(Match("{a,b}/{x}.{log,txt}", "b/y.txt"), (Values{{"x", "y"}}));
  EXPECT_EQ(Match("{a}/[!x]?.log", "q/yz.log"), (Values{{"a", "q"}}));
  EXPECT_EQ(Match("{a}/*.log", "caf\xE9/\xFF.log"), (Values{{"a", "caf\uFFFD"}}));
}

TEST(PathCapturesTest, NeverASlashAndNeverNothing) {
  EXPECT_EQ(Match("{a}.log", "b/c.log"), (Values{{"no", "match"}}));
  EXPECT_EQ(Match("x{a}.log", "x.log"), (Values{{"no", "match"}}));
}

TEST(PathCapturesTest, WithoutNamesItIsTheGlob) {
  const PathCaptures captures = *PathCaptures::Compile("**/{a,b}/\\{c\\}/[{d}]");
  EXPECT_EQ(captures.glob(), "**/{a,b}/\\{c\\}/[{d}]");
  EXPECT_TRUE(captures.names().empty());
  EXPECT_EQ(PathCaptures::Compile("{x}/{y}.log")->glob(), "*/*.log");
}

// Whatever the expression matches, the glob that chooses the files does, too; and the other way round where no name
// stands for nothing.
TEST(PathCapturesTest, AgreesWithTheGlob) {
  const std::vector<std::string> patterns = {"{x}/*.log", "**/{x}",      "{x}/**/a?.log", "a/{x}/[a-c]*",
                                             "{x}{,.1}",  "{x}/[!a]/é*", "*/{x}.l\\og",   "{x}/{a,b/c}/**"};
  const std::vector<std::string> paths = {"a/b.log",  "a",       "b/ab.log", "b/c/ab.log", "a/b/c",
                                          "a/b/cd/e", "a.1",     "x/b/éa",   "x/a/é",      "x/a",
                                          "x/b/c/d",  "q/r.log", ".log",     "a/\nb.log"};
  for (const std::string& pattern : patterns) {
    const PathCaptures captures = *PathCaptures::Compile(pattern);
    const absl::StatusOr<Glob> glob = Glob::Compile(captures.glob(), Glob::Kind::kPath);
    ASSERT_TRUE(glob.ok());
    for (const std::string& path : paths) {
      Values values;
      EXPECT_EQ(captures.Match(path, &values), glob->Matches(path)) << pattern << " " << path;
    }
  }
}

TEST(PathCapturesTest, TellsWhichNameIsWrong) {
  EXPECT_EQ(MessageOf(PathCaptures::Compile("{dir}/*").status()),
            "found {dir}; topics use this name for something else, choose another");
  EXPECT_EQ(MessageOf(PathCaptures::Compile("{a}/{a}").status()),
            "found {a} twice; a name stands for one part of the path");
}

}  // namespace
}  // namespace sluice::agent
