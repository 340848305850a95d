#include "base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

#include "base/strings.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr absl::Duration kForever = absl::InfiniteDuration();

ConfigFile Parse(std::string_view yaml) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(yaml, "agent.yaml");
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *file : ConfigFile::Empty();
}

std::string ParseError(std::string_view yaml) {
  const absl::Status status = ConfigFile::Parse(yaml, "agent.yaml").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

// Of a file from which `read` reads.
template <typename Read>
std::string FinishError(std::string_view yaml, Read read) {
  const ConfigFile file = Parse(yaml);
  read(file.root());
  return std::string(file.Finish().message());
}

TEST(ConfigTest, ReadsEveryKindOfValue) {
  const ConfigFile file = Parse(R"(
agent: {id: web-1, port: 7070}   # flow style
checkpoint:
  interval: 1h30m
  bytes: 64KiB
  sync: true
  format: json
sources:
  - name: app
    include: ["**/*", '*.log']
    labels: {service: shop, environment: "prod"}
  - name: 5
)");
  const ConfigNode root = file.root();
  EXPECT_EQ(root.Map("agent").String("id", ""), "web-1");
  EXPECT_EQ(root.Map("agent").Int("port", 0, 1, 65535), 7070);
  const ConfigNode checkpoint = root.Map("checkpoint");
  EXPECT_EQ(checkpoint.Duration("interval", absl::ZeroDuration(), absl::ZeroDuration(), kForever), absl::Minutes(90));
  EXPECT_EQ(checkpoint.Bytes("bytes", 0, 0, 1 << 20), 64 << 10);
  EXPECT_TRUE(checkpoint.Bool("sync", false));
  EXPECT_EQ(checkpoint.Choice("format", "auto", {"auto", "json"}), "json");
  const std::vector<ConfigNode> sources = root.Maps("sources");
  ASSERT_EQ(sources.size(), 2);
  EXPECT_EQ(sources[0].String("name", ""), "app");
  EXPECT_THAT(sources[0].Strings("include", {}), ElementsAre("**/*", "*.log"));
  EXPECT_THAT(sources[0].StringMap("labels"), ElementsAre(Pair("environment", "prod"), Pair("service", "shop")));
  EXPECT_EQ(sources[1].String("name", ""), "5");
  EXPECT_TRUE(file.Finish().ok()) << file.Finish();
}

void ExpectDefaults(const ConfigNode& node) {
  EXPECT_EQ(node.String("string", "default"), "default");
  EXPECT_THAT(node.Strings("strings", {"a"}), ElementsAre("a"));
  EXPECT_TRUE(node.StringMap("map").empty());
  EXPECT_TRUE(node.Bool("bool", true));
  EXPECT_EQ(node.Int("int", 5, 0, 10), 5);
  EXPECT_EQ(node.Bytes("bytes", 5, 0, 10), 5);
  EXPECT_EQ(node.Duration("duration", absl::Seconds(5), absl::ZeroDuration(), kForever), absl::Seconds(5));
  EXPECT_EQ(node.Choice("choice", "a", {"a", "b"}), "a");
  EXPECT_TRUE(node.Maps("maps").empty());
  EXPECT_FALSE(node.Has("string"));
  EXPECT_FALSE(node.IsList("string"));
}

TEST(ConfigTest, GivesDefaultsForWhatIsMissing) {
  for (const ConfigFile& file : {ConfigFile::Empty(), Parse(""), Parse("# nothing\n"), Parse("below:\n")}) {
    ExpectDefaults(file.root());
    ExpectDefaults(file.root().Map("below"));
    ExpectDefaults(file.root().Map("below").Map("further"));
    EXPECT_TRUE(file.Finish().ok()) << file.Finish();
  }
}

TEST(ConfigTest, AnUnknownKeyIsAnErrorWithAGuess) {
  const std::string error = FinishError("sources:\n- name: a\n- name: b\n  parsr: json\n", [](const ConfigNode& root) {
    for (const ConfigNode& source : root.Maps("sources")) {
      for (const char* key : {"root", "parser", "name"}) source.String(key, "");
    }
  });
  EXPECT_EQ(error,
            "agent.yaml:4: sources[1].parsr: unknown key; did you mean \"parser\"? (allowed: name, parser, root)");
}

TEST(ConfigTest, AnUnknownMappingIsOneErrorOnly) {
  EXPECT_EQ(FinishError("kafka: {a: 1, b: [{c: 2}]}\n", [](const ConfigNode& root) { root.Map("log"); }),
            "agent.yaml:1: kafka: unknown key (allowed: log)");
}

TEST(ConfigTest, KeysThatAreAskedForTwiceAreKnownTwice) {
  EXPECT_EQ(FinishError("log: {a: 1, b: 2}\n",
                        [](const ConfigNode& root) {
                          root.Map("log").String("a", "");
                          root.Map("log").String("b", "");
                        }),
            "");
}

struct ValueCase {
  std::string_view value;
  std::string_view error;  // behind "agent.yaml:1: key: "
};

template <typename Read>
void ExpectErrors(std::initializer_list<ValueCase> cases, Read read) {
  for (const ValueCase& c : cases) {
    EXPECT_EQ(FinishError(StrCat("key: ", c.value, "\n"), read), StrCat("agent.yaml:1: key: ", c.error)) << c.value;
  }
}

TEST(ConfigTest, SaysWhatIsNoDuration) {
  const std::string_view unit = "expected a duration with a unit, such as 250ms, 1s, 5m, 7d";
  const std::string_view range = "expected a duration from 10ms to 7d";
  ExpectErrors({{"5", StrCat("found \"5\"; ", unit)},
                {"5 apples", StrCat("found \"5 apples\"; ", unit)},
                {"-1s", StrCat("found \"-1s\"; ", unit)},
                {"\"\"", StrCat("found \"\"; ", unit)},
                {"[1s]", StrCat("found a list; ", unit)},
                {"", StrCat("found nothing; ", unit)},
                {"1ms", StrCat("found \"1ms\"; ", range)},
                {"8d", StrCat("found \"8d\"; ", range)}},
               [](const ConfigNode& root) {
                 EXPECT_EQ(root.Duration("key", absl::Seconds(3), absl::Milliseconds(10), absl::Hours(7 * 24)),
                           absl::Seconds(3));
               });
}

TEST(ConfigTest, SaysWhatIsNoSize) {
  ExpectErrors({{"10 GB/s", "found \"10 GB/s\"; expected a size, such as 4096, 512KiB, 10GiB"},
                {"{a: b}", "found a mapping; expected a size, such as 4096, 512KiB, 10GiB"},
                {"1KiB", "found \"1KiB\"; expected a size from 4KiB to 1GiB"},
                {"2GiB", "found \"2GiB\"; expected a size from 4KiB to 1GiB"}},
               [](const ConfigNode& root) { root.Bytes("key", 4096, 4096, 1 << 30); });
  ExpectErrors({{"1", "found \"1\"; expected at least 4KiB"}},
               [](const ConfigNode& root) { root.Bytes("key", 4096, 4096, std::numeric_limits<uint64_t>::max()); });
}

TEST(ConfigTest, SaysWhatIsNoNumber) {
  ExpectErrors({{"0", "found \"0\"; expected a whole number from 1 to 100"},
                {"101", "found \"101\"; expected a whole number from 1 to 100"},
                {"1.5", "found \"1.5\"; expected a whole number from 1 to 100"},
                {"99999999999999999999", "found \"99999999999999999999\"; expected a whole number from 1 to 100"}},
               [](const ConfigNode& root) { root.Int("key", 5, 1, 100); });
  ExpectErrors({{"0", "found \"0\"; expected a whole number of at least 1"}},
               [](const ConfigNode& root) { root.Int("key", 5, 1, std::numeric_limits<int64_t>::max()); });
}

TEST(ConfigTest, ReadsNumbersWithAPoint) {
  ExpectErrors({{"ten", "found \"ten\"; expected a number"},
                {"nan", "found \"nan\"; expected a number"},
                {"1e999", "found \"1e999\"; expected a number"},
                {"[1]", "found a list; expected a number"},
                {"-0.5", "found \"-0.5\"; expected a number from 0 to 1.5"}},
               [](const ConfigNode& root) { root.Number("key", 1, 0, 1.5); });
  EXPECT_EQ(Parse("key: 1.25").root().Number("key", 0, 0, 2), 1.25);
}

TEST(ConfigTest, SaysWhatIsNoChoice) {
  ExpectErrors({{"jsn", "found \"jsn\"; expected one of auto, json, logfmt; did you mean \"json\"?"},
                {"xml", "found \"xml\"; expected one of auto, json, logfmt"},
                {"[json]", "found a list; expected one of auto, json, logfmt"}},
               [](const ConfigNode& root) { root.Choice("key", "auto", {"auto", "json", "logfmt"}); });
  ExpectErrors({{"yes", "found \"yes\"; expected true or false"}, {"", "found nothing; expected true or false"}},
               [](const ConfigNode& root) { root.Bool("key", false); });
}

TEST(ConfigTest, SaysWhatIsNoText) {
  ExpectErrors({{"{dir}", "found a mapping; expected a text, in quotes if it begins with '{' or '['"},
                {"", "found nothing; expected a text, in quotes if it begins with '{' or '['"}},
               [](const ConfigNode& root) { root.String("key", ""); });
  ExpectErrors({{"\"*.log\"", "found \"*.log\"; expected a list, such as [\"a\", \"b\"]"}},
               [](const ConfigNode& root) { root.Strings("key", {}); });
  EXPECT_EQ(FinishError("key:\n- a\n- [b]\n", [](const ConfigNode& root) { root.Strings("key", {}); }),
            "agent.yaml:3: key[1]: found a list; expected a text, in quotes if it begins with '{' or '['");
  EXPECT_EQ(FinishError("key:\n  a:\n", [](const ConfigNode& root) { root.StringMap("key"); }),
            "agent.yaml:2: key.a: found nothing; expected a text, in quotes if it begins with '{' or '['");
}

TEST(ConfigTest, SaysWhatIsNoMapping) {
  ExpectErrors({{"id:x", "found \"id:x\"; expected a mapping (lines of \"key: value\" below it, or {key: value})"}},
               [](const ConfigNode& root) { root.Map("key").String("id", ""); });
  ExpectErrors({{"{}", "found a mapping; expected a list of mappings (each begins with \"- \")"}},
               [](const ConfigNode& root) { root.Maps("key"); });
  EXPECT_EQ(FinishError("key:\n- {a: 1}\n- b\n",
                        [](const ConfigNode& root) {
                          for (const ConfigNode& map : root.Maps("key")) map.String("a", "");
                        }),
            "agent.yaml:3: key[1]: found \"b\"; expected a mapping");
}

TEST(ConfigTest, TellsAllErrorsInTheOrderOfTheFile) {
  const std::string error = FinishError("b: x\nc: 1\na: y\n", [](const ConfigNode& root) {
    root.Int("a", 1, 0, 9);
    root.Int("b", 1, 0, 9);
    root.Int("b", 1, 0, 9);
  });
  EXPECT_EQ(error,
            "agent.yaml:1: b: found \"x\"; expected a whole number from 0 to 9\n"
            "agent.yaml:2: c: unknown key (allowed: a, b)\n"
            "agent.yaml:3: a: found \"y\"; expected a whole number from 0 to 9");
}

TEST(ConfigTest, TellsAScreenfulOfErrorsAtMost) {
  std::string yaml;
  for (int i = 0; i < 1000; ++i) StrAppend(&yaml, "key", i, ": x\n");
  const std::string error = FinishError(yaml, [](const ConfigNode&) {});
  EXPECT_THAT(error, HasSubstr("agent.yaml:1: key0: unknown key (allowed: none)\n"));
  EXPECT_THAT(error, HasSubstr("\n… and 980 more"));
}

TEST(ConfigTest, WhatIsFoundIsMadeVisibleAndShort) {
  EXPECT_EQ(FinishError("\"k\\e[31m\": 1\n", [](const ConfigNode&) {}),
            "agent.yaml:1: \"k\\x1b[31m\": unknown key (allowed: none)");
  const std::string error = FinishError(StrCat("key: \"", std::string(58, 'x'), "äöü\"\n"),
                                        [](const ConfigNode& root) { root.Bool("key", true); });
  EXPECT_EQ(error, StrCat("agent.yaml:1: key: found \"", std::string(58, 'x'), "ä…\"; expected true or false"));
}

TEST(ConfigTest, CodeAddsErrorsOfItsOwn) {
  const ConfigFile file = Parse("sources:\n- name: a\n  root: relative\n");
  const ConfigNode source = file.root().Maps("sources")[0];
  source.String("name", "");
  source.Fail("root", "found \"relative\"; expected an absolute path");
  source.Fail("topic", "missing");
  EXPECT_EQ(source.Where("root"), "agent.yaml:3: sources[0].root");
  EXPECT_EQ(file.Finish().message(),
            "agent.yaml:2: sources[0].topic: missing\n"
            "agent.yaml:3: sources[0].root: found \"relative\"; expected an absolute path");
}

TEST(ConfigTest, ErrorsWithoutAFileNameTheKeyOnly) {
  const ConfigFile file = ConfigFile::Empty();
  file.root().Map("agent").Fail("id", "missing");
  EXPECT_EQ(file.Finish().message(), "agent.id: missing");
}

TEST(ConfigTest, AliasesStandForTheirAnchor) {
  const ConfigFile file = Parse("a: &shared {x: 1, y: 2}\nb: *shared\n");
  EXPECT_EQ(file.root().Map("a").String("x", ""), "1");
  EXPECT_EQ(file.root().Map("b").String("x", ""), "1");
  EXPECT_EQ(file.Finish().message(),
            "agent.yaml:1: a.y: unknown key (allowed: x)\nagent.yaml:1: b.y: unknown key (allowed: x)");
}

struct SyntaxCase {
  std::string_view yaml;
  std::string_view error;
};

using namespace std::string_view_literals;

const SyntaxCase kSyntaxCases[] = {
    {"a:\n\tb: 1\n", "agent.yaml:2:3: not valid YAML: a tab in the indentation; YAML takes only spaces there"},
    {"a:\n  b: 1\n\tc: 2\n", "agent.yaml:3:1: not valid YAML: a tab in the indentation"},
    {"a:\n  b: 1\n c: 2\n", "agent.yaml:3:2: not valid YAML: expected the next \"key: value\"; is it indented"},
    {"a\n  b: 1\n", "agent.yaml:2:4: not valid YAML: unexpected ':'; is it indented like its neighbours"},
    {"a: {b: 1\n", "agent.yaml:2:1: not valid YAML: a '{' that no '}' closes"},
    {"a: [b\n", "agent.yaml:2:1: not valid YAML: a '[' that no ']' closes"},
    {"a: \"b\nc: d\n", "not valid YAML: a quote that opens a text and is not closed"},
    {"a: 'b", "not valid YAML: a quote that opens a text and is not closed"},
    {"include: [*.log]\n",
     "agent.yaml:1:11: not valid YAML: no such anchor; put a text that begins with '*' in quotes"},
    {"include:\n- **/*\n", "put a text that begins with '*' in quotes, such as \"**/*.log\""},
    {"a: @b\n", "agent.yaml:1:4: not valid YAML: unexpected character; put a text that begins with it in quotes"},
    {"%YAML \x1b.2\n---\na: 1\n", "agent.yaml:1:1: not valid YAML: bad YAML version: \\x1b.2"},
    {"a: 1\nb: 2\na: 3\n", "agent.yaml:3: key \"a\" is there twice, first in line 1"},
    {"- a\n", "agent.yaml:1: found no mapping; expected lines of \"key: value\""},
    {"text\n", "agent.yaml:1: found no mapping; expected lines of \"key: value\""},
    {"a: 1\n---\nb: 2\n", "agent.yaml:2: a second document begins here; expected one"},
    {"? [a]\n: 1\n", "agent.yaml:1: a list or mapping as a key; expected a word and ':'"},
    {"a: 1\nb: \xff\n", "agent.yaml:2: not UTF-8 text: found the byte 0xff"},
    {"a: 1\nb: \0\n"sv, "agent.yaml:2: no text: found a NUL byte"},
};

TEST(ConfigTest, SaysWhereAFileIsNoYaml) {
  for (const SyntaxCase& c : kSyntaxCases) EXPECT_THAT(ParseError(c.yaml), HasSubstr(std::string(c.error)));
}

TEST(ConfigTest, RefusesWhatNoConfigurationNeeds) {
  EXPECT_THAT(ParseError(std::string((1 << 20) + 1, '#')), HasSubstr("at most 1048576 are allowed"));
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "- ";
  EXPECT_THAT(ParseError(deep), HasSubstr("more than 32 levels of nesting"));
  EXPECT_THAT(ParseError("a: " + std::string(1000, '[') + std::string(1000, ']')),
              HasSubstr("more than 32 levels of nesting"));
  std::string many = "a: [";
  for (int i = 0; i < 200'000; ++i) many += "x,";
  EXPECT_THAT(ParseError(many + "]"), HasSubstr("more than 100000 values"));
}

// Ten levels of nine aliases each would be 3.5 billion values if they were copied.
TEST(ConfigTest, AnAliasBombCostsNothing) {
  std::string yaml = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name <= 'k'; ++name) {
    StrAppend(&yaml, std::string(1, name), ": &", std::string(1, name), " [");
    for (int i = 0; i < 9; ++i) StrAppend(&yaml, i == 0 ? "*" : ", *", std::string(1, static_cast<char>(name - 1)));
    yaml += "]\n";
  }
  EXPECT_THAT(FinishError(yaml, [](const ConfigNode&) {}), HasSubstr("k: unknown key"));
  EXPECT_EQ(FinishError("a: &a {b: *a}\n", [](const ConfigNode& root) { root.Map("a").Map("b"); }),
            "agent.yaml:1: a.b.b: unknown key (allowed: none)");
}

class ConfigLoadTest : public ::testing::Test {
 protected:
  std::string Path(std::string_view name) { return StrCat(::testing::TempDir(), "/config_test_", getpid(), "_", name); }
};

TEST_F(ConfigLoadTest, LoadsAFile) {
  const std::string path = Path("good.yaml");
  std::ofstream(path) << "id: web-1\n";
  const absl::StatusOr<ConfigFile> file = ConfigFile::Load(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->root().String("id", ""), "web-1");
  EXPECT_EQ(file->root().Where("id"), StrCat(path, ":1: id"));
  unlink(path.c_str());
}

TEST_F(ConfigLoadTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(ConfigFile::Load(Path("missing.yaml")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(ConfigFile::Load(Path("missing.yaml")).status().message()),
              HasSubstr(StrCat(Path("missing.yaml"), ": No such file or directory")));
  EXPECT_FALSE(ConfigFile::Load(::testing::TempDir()).ok());
}

// Opening a FIFO that nobody writes to would wait for ever.
TEST_F(ConfigLoadTest, DoesNotWaitForAFifo) {
  const std::string path = Path("fifo");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(ConfigFile::Load(path).ok());
  unlink(path.c_str());
}

}  // namespace
}  // namespace sluice
