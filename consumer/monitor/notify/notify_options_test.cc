#include "consumer/monitor/notify/notify_options.h"

#include <fstream>
#include <string>

#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

NotifyOptions Read(const std::string& yaml, absl::Status* status) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(yaml, "monitor.yaml");
  EXPECT_TRUE(file.ok()) << file.status();
  NotifyOptions options = ReadNotifyOptions(file->root());
  *status = file->Finish();
  return options;
}

TEST(NotifyOptionsTest, TellStandardErrorIfNothingIsSaid) {
  absl::Status status;
  const NotifyOptions options = Read("{}", &status);
  EXPECT_TRUE(status.ok()) << status;
  ASSERT_THAT(options.channels, SizeIs(1));
  EXPECT_EQ(options.channels[0].kind, ChannelKind::kStderr);
  EXPECT_EQ(options.channels[0].channel.name, "stderr");
  EXPECT_THAT(Read("notify: []", &status).channels, SizeIs(0));
}

TEST(NotifyOptionsTest, AreRead) {
  const std::string secret = testing::TempDir() + "/notify_options_secret";
  std::ofstream(secret) << "s3cret\n";
  absl::Status status;
  const NotifyOptions options = Read(
      StrCat("notify:\n"
             "  - {kind: stderr}\n"
             "  - {kind: webhook, name: ops, url: 'https://ops.example/hook', secret_file: '",
             secret,
             "',\n"
             "     headers: {Authorization: Bearer x}, timeout: 3s, min_severity: warn, match: {rule: 'traffic*'},\n"
             "     send_resolved: false, group_by: [rule, host], group_wait: 5s, repeat_interval: 4h, queue: 10,\n"
             "     retry_for: 10m}\n"
             "  - {kind: alertmanager, url: 'http://127.0.0.1:9093'}\n"
             "  - {kind: command, command: [/usr/bin/page, --to, ops]}\n"
             "  - {kind: sound, file: /usr/share/sounds/bell.oga}\n"),
      &status);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_THAT(options.channels, SizeIs(5));
  const ChannelConfig& webhook = options.channels[1];
  EXPECT_EQ(webhook.channel.name, "ops");
  EXPECT_EQ(webhook.secret, "s3cret");
  EXPECT_EQ(webhook.http.timeout, absl::Seconds(3));
  EXPECT_EQ(webhook.channel.min_severity, v1::SEVERITY_WARN);
  EXPECT_THAT(webhook.channel.group_by, ElementsAre("rule", "host"));
  EXPECT_EQ(webhook.channel.repeat_interval, absl::Hours(4));
  EXPECT_FALSE(webhook.channel.send_resolved);
  EXPECT_EQ(options.channels[2].channel.repeat_interval, absl::Minutes(1)) << "Alertmanager wants to hear again";
  EXPECT_EQ(AlertmanagerExpiry(options.channels[2]), absl::Minutes(4) + absl::Seconds(10));
  EXPECT_THAT(options.channels[3].command, ElementsAre("/usr/bin/page", "--to", "ops"));
  EXPECT_EQ(options.channels[4].sound_file, "/usr/share/sounds/bell.oga");
}

TEST(NotifyOptionsTest, SayWhatIsWrong) {
  struct Case {
    const char* yaml;
    const char* problem;
  };
  for (const Case& c : {
           Case{"notify: [{name: x}]", "monitor.yaml:1: notify[0].kind: it is missing; allowed are stderr"},
           Case{"notify: [{kind: mail}]", "notify[0].kind: found \"mail\""},
           Case{"notify: [{kind: webhook}]", "notify[0].url: found \"\"; expected an http:// or https:// URL"},
           Case{"notify: [{kind: webhook, url: 'ops.example'}]", "notify[0].url"},
           Case{"notify: [{kind: webhook, url: 'http://x/', secret_file: /no/such}]", "notify[0].secret_file"},
           Case{"notify: [{kind: webhook, url: 'http://x/', headers: {'a b': c}}]", "notify[0].headers"},
           Case{"notify: [{kind: command}]", "notify[0].command: it is missing"},
           Case{"notify: [{kind: stderr}, {kind: stderr}]", "notify[1].name: found \"stderr\" twice"},
           Case{"notify: [{kind: stderr, name: 'a b'}]", "notify[0].name: found \"a b\""},
           Case{"notify: [{kind: sound, repeat: 1h}]", "notify[0].repeat"},
           Case{"notify: [{kind: alertmanager, url: 'http://x/', repeat_interval: 0s}]", "notify[0].repeat_interval"},
           Case{"notify: [{kind: stderr, min_severity: high}]", "notify[0].min_severity"},
       }) {
    absl::Status status;
    Read(c.yaml, &status);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.problem)) << c.yaml;
  }
}

}  // namespace
}  // namespace sluice::monitor
