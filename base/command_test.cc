#include "base/command.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::HasSubstr;

std::string TempPath(const std::string& name) { return testing::TempDir() + "/command_test_" + name; }

std::string Contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

absl::Status Shell(const std::string& script, CommandRun run = {}, const Cancellation* cancellation = nullptr) {
  run.argv = {"sh", "-c", script};
  return RunCommand(run, cancellation);
}

TEST(CommandTest, GivesInputAndEnvironment) {
  const std::string path = TempPath("out");
  const std::string input = std::string(1 << 20, 'x') + "end";
  EXPECT_TRUE(Shell("cat >" + path + "; echo $ALERT >>" + path,
                    {.argv = {}, .environment = {{"ALERT", "High traffic"}}, .input = input})
                  .ok());
  EXPECT_EQ(Contents(path), input + "High traffic\n");
}

TEST(CommandTest, NeedsNoShell) {
  EXPECT_TRUE(RunCommand({.argv = {"test", "a b", "=", "a b"}}, nullptr).ok());
  EXPECT_EQ(RunCommand({.argv = {}}, nullptr).code(), absl::StatusCode::kInvalidArgument);
}

TEST(CommandTest, TellsHowItEnded) {
  EXPECT_THAT(Shell("exit 3").ToString(), HasSubstr("exited with 3"));
  EXPECT_THAT(Shell("kill -9 $$").ToString(), HasSubstr("signal 9"));
  EXPECT_EQ(RunCommand({.argv = {"/nowhere/program"}}, nullptr).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(RunCommand({.argv = {"/etc/passwd"}}, nullptr).code(), absl::StatusCode::kPermissionDenied);
}

TEST(CommandTest, DoesNotMindAProgramThatDoesNotRead) {
  std::signal(SIGPIPE, SIG_IGN);
  EXPECT_TRUE(Shell("exec <&-; exit 0", {.argv = {}, .environment = {}, .input = std::string(1 << 20, 'x')}).ok());
}

TEST(CommandTest, KillsWhatTakesTooLongWithItsChildren) {
  const absl::Status status = Shell("sleep 100 & wait", {.argv = {}, .timeout = absl::Milliseconds(50)});
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
}

TEST(CommandTest, IsCancelled) {
  Cancellation cancellation;
  std::thread other([&] { cancellation.Cancel(); });
  EXPECT_EQ(Shell("sleep 100", {.argv = {}, .timeout = absl::Hours(1)}, &cancellation).code(),
            absl::StatusCode::kCancelled);
  other.join();
}

}  // namespace
}  // namespace sluice
