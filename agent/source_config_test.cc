#include "agent/source_config.h"

#include <cstdlib>
#include <string>

#include "base/config.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

struct Read {
  FramingOptions framing;
  ProcessOptions process;
  std::map<std::string, std::string> labels;
  std::string problem;
};

Read ReadYaml(const std::string& yaml) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(yaml, "F");
  EXPECT_TRUE(file.ok()) << file.status();
  Read read;
  ReadFraming(file->root(), &read.framing);
  ReadProcessing(file->root(), &read.process);
  read.labels = ReadLabels(file->root(), "web-1");
  read.problem = std::string(MessageOf(file->Finish()));
  return read;
}

TEST(SourceConfigTest, NothingIsTheDefault) {
  const Read read = ReadYaml("labels: {a: b}");
  EXPECT_EQ(read.problem, "");
  EXPECT_FALSE(read.framing.multiline.has_value());
  EXPECT_EQ(read.framing.encoding, Encoding::kUtf8);
  EXPECT_FALSE(Processor::Create(read.process)->active());
}

TEST(SourceConfigTest, Framing) {
  Read read = ReadYaml("encoding: utf-16\nmultiline: {start: '^x', timeout: 5s, lines_max: 10}");
  EXPECT_EQ(read.problem, "");
  EXPECT_EQ(read.framing.encoding, Encoding::kUtf16);
  EXPECT_EQ(read.framing.multiline->start, "^x");
  EXPECT_EQ(read.framing.multiline->timeout, absl::Seconds(5));
  EXPECT_EQ(read.framing.multiline->lines_max, 10u);
  EXPECT_EQ(ReadYaml("multiline: {preset: java}").framing.multiline->presets, (std::vector{TraceKind::kJava}));
  EXPECT_EQ(ReadYaml("multiline: {preset: [go, python]}").framing.multiline->presets,
            (std::vector{TraceKind::kGo, TraceKind::kPython}));
}

TEST(SourceConfigTest, Processing) {
  const Read read = ReadYaml(
      "keep: [{severity: warn}, {regex: a}]\ndrop: [{severity: info, regex: b}]\n"
      "sample: {rate: 10, severity_below: error}\n"
      "redact: [{preset: card}, {preset: email, mask: '<m>'}, {regex: c}]");
  EXPECT_EQ(read.problem, "");
  EXPECT_EQ(read.process.filter.keep.size(), 2u);
  EXPECT_EQ(read.process.filter.keep[0].severity, v1::SEVERITY_WARN);
  EXPECT_EQ(read.process.filter.drop[0].regex, "b");
  EXPECT_EQ(read.process.filter.sample_rate, 10u);
  EXPECT_EQ(read.process.filter.sample_below, v1::SEVERITY_ERROR);
  ASSERT_EQ(read.process.redact.size(), 3u);
  EXPECT_EQ(read.process.redact[1].mask, "<m>");
}

TEST(SourceConfigTest, LabelsFromTheEnvironment) {
  setenv("SLUICE_TEST_ZONE", "eu-1", 1);
  const Read read = ReadYaml("labels: {zone: 'z-${SLUICE_TEST_ZONE}', host: '${HOSTNAME}', cost: '5$', raw: '$${X}'}");
  EXPECT_EQ(read.problem, "");
  EXPECT_EQ(read.labels, (std::map<std::string, std::string>{
                             {"zone", "z-eu-1"}, {"host", "web-1"}, {"cost", "5$"}, {"raw", "${X}"}}));
}

TEST(SourceConfigTest, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"encoding: utf8",
       "F:1: encoding: found \"utf8\"; expected one of utf-8, utf-16, utf-16le, utf-16be, latin-1; did "
       "you mean \"utf-8\"?"},
      {"multiline: {start: '('}", "F:1: multiline.start: found \"(\"; it is no RE2 expression: missing ): ("},
      {"multiline: {preset: [java, rust]}", "F:1: multiline.preset: found \"rust\"; allowed: java, python, go"},
      {"multiline: {timeout: 1s}",
       "F:1: multiline.start: found 0 ways to tell where a record begins; give one of start, "
       "continuation, indented: true, preset"},
      {"multiline: {indented: false}", "F:1: multiline.indented: found false; leave multiline out"},
      {"keep: [{severity: loud}]",
       "F:1: keep[0].severity: found \"loud\"; allowed: trace, debug, info, warn, error, fatal"},
      {"drop: [{}]", "F:1: drop[0].severity: a rule needs a severity, such as {severity: warn}, or a regex"},
      {"drop: [{regex: ''}]", "F:1: drop[0].regex: found \"\"; expected an RE2 expression"},
      {"sample: {severity_below: warn}", "F:1: sample.rate: a sample needs a rate: of so many records one is kept"},
      {"redact: [{preset: cards}]", "F:1: redact[0].preset: found \"cards\"; allowed: card, token, email"},
      {"redact: [{regex: 'a*'}]", "F:1: redact[0].regex: found \"a*\"; it matches nothing at all, everywhere"},
      {"redact: [{mask: x}]", "F:1: redact[0].preset: give either a preset (card, token, email) or a regex"},
      {"labels: {a: '${SLUICE_TEST_NONE}'}",
       "F:1: labels: a: found ${SLUICE_TEST_NONE}; the environment has no such variable"},
      {"labels: {a: '${x'}", "F:1: labels: a: found \"${x\"; expected ${NAME}, or $$ for a '$'"},
  };
  for (const auto& [yaml, problem] : cases) EXPECT_EQ(ReadYaml(yaml).problem, problem) << yaml;
}

}  // namespace
}  // namespace sluice::agent
