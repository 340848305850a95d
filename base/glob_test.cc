#include "base/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "base/glob_oracle.h"
#include "base/strings.h"
#include "base/test_seed.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

void Check(Glob::Kind kind, const Case& c) {
  const absl::StatusOr<Glob> glob = Glob::Compile(c.pattern, kind);
  ASSERT_TRUE(glob.ok()) << glob.status();
  EXPECT_EQ(glob->Matches(c.text), c.matches) << c.pattern << " on " << c.text;
}

const Case kPathCases[] = {
    {"a.log", "a.log", true},
    {"a.log", "b.log", false},
    {"a.log", "a.log.1", false},
    {"*", "a.log", true},
    {"*", "", true},
    {"*", "dir/a.log", false},
    {"*.log", ".log", true},
    {"*.log", "a.log", true},
    {"*.log", "a.log.gz", false},
    {"**", "", true},
    {"**", "dir/sub/a.log", true},
    {"**/*", "a.log", true},
    {"**/*", "dir/sub/a.log", true},
    {"**/*.log", "a.log", true},
    {"**/*.log", "dir/sub/a.log", true},
    {"**/*.log", "dir/sub/a.txt", false},
    {"dir/**", "dir/a", true},
    {"dir/**", "dir/sub/a", true},
    {"dir/**", "dir", false},
    {"dir/**/a", "dir/a", true},
    {"dir/**/a", "dir/x/y/a", true},
    {"dir/**/a", "dirx/a", false},
    {"dir/**/a", "dir/xa", false},
    {"**/a/**/b", "a/b", true},
    {"**/a/**/b", "x/a/y/z/b", true},
    {"a**/b", "ab", false},
    {"a**/b", "a/b", true},
    {"a**/b", "ax/y/b", true},
    {"***", "a/b", true},
    {"a?c", "abc", true},
    {"a?c", "a/c", false},
    {"a?c", "ac", false},
    {"?", "ä", true},
    {"?", "😀", true},
    {"??", "ä", false},
    {"?", "\xff", true},
    {"\xff", "\xff", true},
    {"\xff", "\xfe", false},
    {"[a-c]x", "bx", true},
    {"[a-c]x", "dx", false},
    {"[!a-c]x", "dx", true},
    {"[!a-c]x", "bx", false},
    {"[^a-c]x", "dx", true},
    {"[!a]", "/", false},
    {"[.-9]", "/", false},
    {"[]]", "]", true},
    {"[!]]", "]", false},
    {"[!]]", "x", true},
    {"[a-]", "-", true},
    {"[-a]", "-", true},
    {"[a\\-c]", "b", false},
    {"[a\\-c]", "-", true},
    {"[\\]]", "]", true},
    {"[ä-ö]", "ä", true},
    {"[ä-ö]", "é", true},
    {"[ä-ö]", "z", false},
    {"{a,b}.log", "a.log", true},
    {"{a,b}.log", "b.log", true},
    {"{a,b}.log", "c.log", false},
    {"{a,{b,c}d,}x", "ax", true},
    {"{a,{b,c}d,}x", "cdx", true},
    {"{a,{b,c}d,}x", "cx", false},
    {"{a,{b,c}d,}x", "x", true},
    {"{}x", "x", true},
    {"{a}x", "ax", true},
    {"a,b", "a,b", true},
    {"{**/,}a", "a", true},
    {"{a/,b}**/c", "a/c", true},
    {"{a/,b}**/c", "bc", false},
    {"{a/,b}**/c", "bx/c", true},
    {"{*,x}*", "a/b", false},
    {"{[,],[}]}", "}", true},
    {"**/*.{gz,zst}", "x/a.log.gz", true},
    {"**/*.{gz,zst}", "x/a.log", false},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"\\{a\\,b\\}", "{a,b}", true},
    {"{a\\,b,c}", "a,b", true},
    {"\\\\", "\\", true},
    {"a]", "a]", true},
};

TEST(GlobTest, MatchesPaths) {
  for (const Case& c : kPathCases) Check(Glob::Kind::kPath, c);
}

const Case kTopicCases[] = {
    {"*", "shop.web", true},
    {"shop.*", "shop.web", true},
    {"shop.*", "shop.web.error", true},
    {"shop.*", "shop", false},
    {"*error", "a/error", true},
    {"a?b", "a/b", true},
    {"[!x]", "/", true},
    {"**", "a", true},
    {"**/a", "a", false},
    {"shop.{web,api}.*", "shop.api.info", true},
    {"shop.{web,api}.*", "shop.db.info", false},
};

TEST(GlobTest, MatchesTopics) {
  for (const Case& c : kTopicCases) Check(Glob::Kind::kTopic, c);
}

struct ErrorCase {
  std::string_view pattern;
  std::string_view message;
};

const ErrorCase kErrorCases[] = {
    {"", "empty pattern: it would match nothing"},
    {"abc[", "unclosed '[' at character 4"},
    {"äöü[", "unclosed '[' at character 4"},
    {"[", "unclosed '['"},
    {"[!", "unclosed '['"},
    {"[]", "unclosed '[' at character 1"},
    {"[a-", "unclosed '['"},
    {"[a\\", "'\\' with nothing behind it at character 3"},
    {"x[c-a]", "range that goes backwards at character 3"},
    {"{a,b", "unclosed '{' at character 1"},
    {"a{b,{c}", "unclosed '{' at character 2"},
    {"a}", "'}' without '{' (write \\} for the character itself) at character 2"},
    {"a\\", "'\\' with nothing behind it at character 2"},
};

TEST(GlobTest, SaysWhatIsWrongWithAPatternAndWhere) {
  for (const ErrorCase& c : kErrorCases) {
    const absl::StatusOr<Glob> glob = Glob::Compile(c.pattern, Glob::Kind::kPath);
    EXPECT_EQ(glob.status().code(), absl::StatusCode::kInvalidArgument) << c.pattern;
    EXPECT_THAT(std::string(glob.status().message()), HasSubstr(std::string(c.message))) << c.pattern;
  }
}

TEST(GlobTest, RefusesWhatNobodyWrites) {
  EXPECT_FALSE(Glob::Compile(std::string(5000, 'a'), Glob::Kind::kPath).ok());
  EXPECT_FALSE(Glob::Compile(std::string(100, '{') + std::string(100, '}'), Glob::Kind::kPath).ok());
  EXPECT_TRUE(Glob::Compile(std::string(30, '{') + "a" + std::string(30, '}'), Glob::Kind::kPath)->Matches("a"));
}

// Would take 2^50 steps and more by backtracking.
TEST(GlobTest, TakesLinearTimeOnHostilePatterns) {
  const std::string text(5000, 'a');
  std::string stars;
  std::string groups;
  for (int i = 0; i < 50; ++i) {
    stars += "**a";
    groups += "{a,*,**}";
  }
  EXPECT_FALSE(Glob::Compile(stars + "b", Glob::Kind::kPath)->Matches(text));
  EXPECT_TRUE(Glob::Compile(stars, Glob::Kind::kPath)->Matches(text));
  EXPECT_FALSE(Glob::Compile(groups + "b", Glob::Kind::kPath)->Matches(text));
}

TEST(GlobTest, AgreesWithTheOracleOnRandomPatterns) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  const auto text = [&random](std::string_view letters, size_t size_max) {
    std::string made;
    for (size_t size = random() % (size_max + 1); made.size() < size;) made += letters[random() % letters.size()];
    return made;
  };
  int compiled = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = text("ab/**?[!]{,}\\-", 10);
    for (const Glob::Kind kind : {Glob::Kind::kPath, Glob::Kind::kTopic}) {
      const absl::StatusOr<Glob> glob = Glob::Compile(pattern, kind);
      if (!glob.ok()) continue;
      ++compiled;
      for (int j = 0; j < 4; ++j) {
        const std::string subject = text("ab/", 6);
        ASSERT_EQ(glob->Matches(subject), OracleMatches(pattern, subject, kind == Glob::Kind::kPath))
            << pattern << " on " << subject << (kind == Glob::Kind::kPath ? " as a path" : " as a topic");
      }
    }
  }
  EXPECT_GT(compiled, 1000);
}

// Patterns of which only the text's end is looked at.
TEST(GlobTest, AgreesWithTheOracleOnEndings) {
  for (std::string_view ending :
       {"", "a", ".a", ".a-b", "_", "a/", "/a", "*", "?", "[a]", "{a,b}", "\\a", "**", "a*"}) {
    const std::string pattern = StrCat("**/*", ending);
    const Glob glob = *Glob::Compile(pattern, Glob::Kind::kPath);
    for (std::string_view text :
         {"", "a", "b", "/", "a/", "/a", ".a", "b.a", "b/.a", "b/c.a", ".a/b", "x.a-b", "_", "*", "a/a/a",
          "\xff"
          "a"}) {
      EXPECT_EQ(glob.Matches(text), OracleMatches(pattern, text, /*path=*/true)) << pattern << " on " << text;
    }
  }
}

TEST(GlobTest, AnyOfSeveralMatches) {
  const std::vector<Glob> globs = {*Glob::Compile("*.log", Glob::Kind::kPath),
                                   *Glob::Compile("*.txt", Glob::Kind::kPath)};
  EXPECT_TRUE(MatchesAny(globs, "a.txt"));
  EXPECT_FALSE(MatchesAny(globs, "a.gz"));
  EXPECT_FALSE(MatchesAny({}, "a.gz"));
  EXPECT_EQ(globs[0].pattern(), "*.log");
}

}  // namespace
}  // namespace sluice
