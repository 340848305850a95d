#include "consumer/monitor/notify/local_senders.h"

#include <fstream>
#include <sstream>
#include <string>

#include "base/strings.h"
#include "consumer/monitor/alert_json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

Alert SomeAlert() {
  return {.rule = "traffic $(reboot)",
          .group = {{"host", "web-1"}},
          .severity = v1::SEVERITY_WARN,
          .value = 12.5,
          .threshold = 10,
          .starts_at = absl::FromUnixSeconds(1'795'166'139),
          .message = "High traffic; `rm -rf`"};
}

std::string Contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(LocalSendersTest, CommandsAreGivenTheAlert) {
  const std::string path = testing::TempDir() + "/local_senders_test_out";
  auto sender =
      NewCommandSender({"sh", "-c", StrCat("(cat; env | grep ^SLUICE_ALERT_ | sort) >", path)}, absl::Minutes(1));
  Cancellation cancellation;
  const SendResult result = sender->Send({SomeAlert()}, absl::UnixEpoch(), &cancellation);
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(Contents(path), StrCat(AlertJson(SomeAlert()), "\n",
                                   "SLUICE_ALERT_ENDS_AT=\n"
                                   "SLUICE_ALERT_GROUP={\"host\":\"web-1\"}\n"
                                   "SLUICE_ALERT_MESSAGE=High traffic; `rm -rf`\n"
                                   "SLUICE_ALERT_RULE=traffic $(reboot)\n"
                                   "SLUICE_ALERT_SEVERITY=warn\n"
                                   "SLUICE_ALERT_STARTS_AT=2026-11-20T09:15:39Z\n"
                                   "SLUICE_ALERT_STATE=firing\n"
                                   "SLUICE_ALERT_THRESHOLD=10\n"
                                   "SLUICE_ALERT_VALUE=12.5\n"));
}

TEST(LocalSendersTest, CommandsThatHangAreKilledAndThoseThatFailAreNotRunAgain) {
  Cancellation cancellation;
  auto hanging = NewCommandSender({"sleep", "100"}, absl::Milliseconds(50));
  EXPECT_TRUE(absl::IsDeadlineExceeded(hanging->Send({SomeAlert()}, absl::UnixEpoch(), &cancellation).status));
  auto failing = NewCommandSender({"false"}, absl::Minutes(1));
  EXPECT_TRUE(absl::IsFailedPrecondition(failing->Send({SomeAlert()}, absl::UnixEpoch(), &cancellation).status));
}

TEST(LocalSendersTest, StandardErrorAndTheBellAlwaysWork) {
  Cancellation cancellation;
  EXPECT_TRUE(NewStderrSender()->Send({SomeAlert()}, absl::UnixEpoch(), &cancellation).status.ok());
  EXPECT_TRUE(NewSoundSender("", absl::Minutes(1))->Send({SomeAlert()}, absl::UnixEpoch(), &cancellation).status.ok());
}

}  // namespace
}  // namespace sluice::monitor
