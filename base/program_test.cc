#include "base/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/log.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Some program with a sub-command, as ours are built.
class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    AddCommonFlags(&app_);
    app_.add_option("--collector", collector_, "Address of the collector")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    app_.add_option("DIR", directories_, "Directories to watch");
    CLI::App* const tail = app_.add_subcommand("tail", "Show records as they come");
    tail->add_option("--limit", limit_, "End after this many records")->type_name("N");
  }
  ~ProgramTest() override { log::Configure(log::Format::kText, log::Level::kInfo); }

  int Parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "/usr/bin/sluice-test");
    std::vector<char*> argv;
    argv.reserve(arguments.size());
    for (std::string& argument : arguments) argv.push_back(argument.data());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = ParseFlags(&app_, static_cast<int>(argv.size()), argv.data());
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return code;
  }

  CLI::App app_{"Watches directories and streams what is written there to a collector.", "sluice-test"};
  std::string collector_ = "127.0.0.1:7070";
  std::vector<std::string> directories_;
  int limit_ = 0;
  std::string out_;
  std::string err_;
};

TEST_F(ProgramTest, GoesOnWhenTheFlagsAreGood) {
  EXPECT_EQ(Parse({"--collector", "a:1", "dir1", "dir2"}), -1);
  EXPECT_EQ(collector_, "a:1");
  EXPECT_THAT(directories_, ElementsAre("dir1", "dir2"));
  EXPECT_THAT(out_ + err_, IsEmpty());
}

TEST_F(ProgramTest, RefusesAValueThatIsEmpty) {
  EXPECT_EQ(Parse({"--collector", ""}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--collector: found an empty value; leave it out for none"));
  EXPECT_EQ(Parse({"dir1", ""}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("DIR: found an empty value"));
}

TEST_F(ProgramTest, PrintsItsVersion) {
  EXPECT_EQ(Parse({"--version"}), kExitOk);
  EXPECT_EQ(out_, "sluice-test 0.1.0\n");
  EXPECT_THAT(err_, IsEmpty());
}

TEST_F(ProgramTest, PrintsItsHelp) {
  EXPECT_EQ(Parse({"--help"}), kExitOk);
  EXPECT_EQ(out_, R"(Usage: sluice-test [OPTION...] [DIR...] [COMMAND]

Watches directories and streams what is written there to a collector.

Arguments:
  DIR...                          Directories to watch

Commands:
  tail                            Show records as they come

Options:
  --collector HOST:PORT           Address of the collector [default: 127.0.0.1:7070]

Common options:
  -h, --help                      Print this help and exit
  --version                       Print the version and exit
  --log-format FORMAT             Format of the program's own log: text, json [default: text]
  --log-level LEVEL               Log from this level on: debug, info, warn, error [default: info]
)");
}

TEST_F(ProgramTest, PrintsTheHelpOfASubCommand) {
  EXPECT_EQ(Parse({"tail", "--help"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("Usage: sluice-test tail [OPTION...]\n\nShow records as they come\n"));
  EXPECT_THAT(out_, HasSubstr("  --limit N "));
}

TEST_F(ProgramTest, AnUnknownFlagIsAUsageErrorWithAGuess) {
  EXPECT_EQ(Parse({"--colector=a:1"}), kExitUsage);
  EXPECT_EQ(err_, "sluice-test: unknown flag --colector; did you mean --collector?\nTry 'sluice-test --help'.\n");
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(ProgramTest, AnErrorOfASubCommandNamesIt) {
  EXPECT_EQ(Parse({"tail", "--limt", "5"}), kExitUsage);
  EXPECT_EQ(err_, "sluice-test tail: unknown flag --limt; did you mean --limit?\nTry 'sluice-test tail --help'.\n");
  EXPECT_EQ(Parse({"tail", "--limit", "x"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("sluice-test tail: "));
  EXPECT_THAT(err_, HasSubstr("--limit"));
}

TEST_F(ProgramTest, AnErrorIsOneLineThatNoTerminalExecutes) {
  EXPECT_EQ(Parse({"--a\n\x1b[2J"}), kExitUsage);
  EXPECT_EQ(err_, "sluice-test: unknown flag --a\\n\\x1b[2J\nTry 'sluice-test --help'.\n");
}

TEST_F(ProgramTest, ConfiguresTheLog) {
  EXPECT_EQ(Parse({"--log-format", "json", "--log-level", "warn"}), -1);
  ::testing::internal::CaptureStderr();
  log::Info("c", "not written");
  log::Warn("c", "written");
  const std::string written = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, HasSubstr("\"msg\":\"written\""));
  EXPECT_THAT(written, Not(HasSubstr("not written")));
}

TEST_F(ProgramTest, TakesCommonFlagsBehindASubCommand) { EXPECT_EQ(Parse({"tail", "--log-format", "json"}), -1); }

TEST_F(ProgramTest, SaysWhatIsNoLogFormatOrLevel) {
  EXPECT_EQ(Parse({"--log-format", "xml"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("sluice-test: --log-format: found \"xml\"; expected one of text, json\n"));
  EXPECT_EQ(Parse({"--log-level", "loud"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--log-level: found \"loud\"; expected one of debug, info, warn, error\n"));
}

TEST(ReportConfigErrorTest, WritesALineForEachProblem) {
  ::testing::internal::CaptureStderr();
  const absl::Status status = absl::InvalidArgumentError("a.yaml:1: id: found nothing\na.yaml:2: \x1b[2J: unknown key");
  EXPECT_EQ(ReportConfigError("sluice-test", status), kExitUsage);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "sluice-test: a.yaml:1: id: found nothing\nsluice-test: a.yaml:2: \\x1b[2J: unknown key\n");
}

}  // namespace
}  // namespace sluice
