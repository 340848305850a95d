#include "consumer/monitor/notify/local_senders.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/command.h"
#include "base/log.h"
#include "base/process.h"
#include "consumer/monitor/alert_json.h"

namespace sluice::monitor {
namespace {

class StderrSender final : public Sender {
 public:
  SendResult Send(const std::vector<Alert>& alerts, absl::Time, const Cancellation*) override {
    for (const Alert& alert : alerts) {
      const bool fires = alert.state == Alert::State::kFiring;
      log::Write(fires ? log::Level::kWarn : log::Level::kInfo, "alert", fires ? "firing" : "resolved",
                 {{"rule", alert.rule},
                  {"group", AlertGroupText(alert)},
                  {"severity", AlertSeverityName(alert.severity)},
                  {"value", AlertFigure(alert.value)},
                  {"threshold", AlertFigure(alert.threshold)},
                  {"since", AlertTime(alert.starts_at)},
                  {"message", alert.message}});
    }
    return {.status = absl::OkStatus()};
  }
};

class CommandSender final : public Sender {
 public:
  CommandSender(std::vector<std::string> argv, absl::Duration timeout) : argv_(std::move(argv)), timeout_(timeout) {}

  SendResult Send(const std::vector<Alert>& alerts, absl::Time, const Cancellation* cancellation) override {
    absl::Status first_error;
    for (const Alert& alert : alerts) {
      const absl::Status status = RunCommand(RunFor(alert), cancellation);
      if (absl::IsCancelled(status)) return {.status = status};
      if (first_error.ok()) first_error = status;
    }
    return {.status = first_error};
  }

 private:
  CommandRun RunFor(const Alert& alert) const {
    const bool ended = alert.state == Alert::State::kResolved;
    return {.argv = argv_,
            .environment = {{"SLUICE_ALERT_RULE", alert.rule},
                            {"SLUICE_ALERT_STATE", std::string(AlertStateName(alert.state))},
                            {"SLUICE_ALERT_SEVERITY", AlertSeverityName(alert.severity)},
                            {"SLUICE_ALERT_VALUE", AlertFigure(alert.value)},
                            {"SLUICE_ALERT_THRESHOLD", AlertFigure(alert.threshold)},
                            {"SLUICE_ALERT_STARTS_AT", AlertTime(alert.starts_at)},
                            {"SLUICE_ALERT_ENDS_AT", ended ? AlertTime(alert.ends_at) : ""},
                            {"SLUICE_ALERT_MESSAGE", alert.message},
                            {"SLUICE_ALERT_GROUP", AlertGroupJson(alert)}},
            .input = AlertJson(alert) + "\n",
            .timeout = timeout_};
  }

  const std::vector<std::string> argv_;
  const absl::Duration timeout_;
};

class SoundSender final : public Sender {
 public:
  SoundSender(std::string file, absl::Duration timeout) : file_(std::move(file)), timeout_(timeout) {}

  SendResult Send(const std::vector<Alert>& alerts, absl::Time, const Cancellation* cancellation) override {
    const bool fires = std::ranges::any_of(alerts, [](const Alert& a) { return a.state == Alert::State::kFiring; });
    if (!fires) return {.status = absl::OkStatus()};
    if (file_.empty()) {
      // Where nobody listens, it would be a stray byte in a log file.
      if (StderrIsTerminal()) std::fputc('\a', stderr);
      return {.status = absl::OkStatus()};
    }
    absl::Status status = RunCommand({.argv = {"paplay", file_}, .timeout = timeout_}, cancellation);
    if (absl::IsNotFound(status)) {
      status = RunCommand({.argv = {"aplay", "-q", file_}, .timeout = timeout_}, cancellation);
    }
    return {.status = status};
  }

 private:
  const std::string file_;
  const absl::Duration timeout_;
};

}  // namespace

std::unique_ptr<Sender> NewStderrSender() { return std::make_unique<StderrSender>(); }

std::unique_ptr<Sender> NewCommandSender(std::vector<std::string> argv, absl::Duration timeout) {
  return std::make_unique<CommandSender>(std::move(argv), timeout);
}

std::unique_ptr<Sender> NewSoundSender(std::string file, absl::Duration timeout) {
  return std::make_unique<SoundSender>(std::move(file), timeout);
}

}  // namespace sluice::monitor
