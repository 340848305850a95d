// `sluice alerts`: what the monitor has found.
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "consumer/cli/alerts_view.h"
#include "consumer/cli/color.h"
#include "consumer/cli/command.h"
#include "consumer/cli/connection_flags.h"
#include "consumer/cli/listing_flags.h"
#include "consumer/cli/output.h"
#include "consumer/cli/run_until_stopped.h"
#include "consumer/cli/tail.h"
#include "consumer/cli/time_spec.h"
#include "consumer/cli/topic_stream.h"
#include "consumer/monitor/alert_json.h"

namespace sluice::cli {
namespace {

constexpr char kTopic[] = "alerts";

class AlertsCommand final : public Command {
 public:
  explicit AlertsCommand(CLI::App* program)
      : Command(program, "alerts", "List the alerts that fire, follow them, or look back.") {
    app()->add_flag("--follow,-f", follow_, "Then a line for each that begins or ends");
    app()->add_flag("--history", history_, "All that began and ended, not only what fires now");
    app()
        ->add_option("--from", from_, "With --history: beginning, how long ago (5m, 2h), or a time. Default: beginning")
        ->type_name("PLACE");
    app()->add_flag("--sound", sound_, "With --follow: the terminal's bell when one begins to fire");
    app()->add_flag("--utc", utc_, "Times in UTC, not in the local time zone")->group("Output");
    AddListingFlags(app(), &flags_);
    AddConnectionFlags(app(), &connection_);
    app()->footer(R"(Examples:
  sluice alerts                      what fires now
  sluice alerts --follow --sound     and a line, with a bell, for each that comes
  sluice alerts --history --from 1d  what happened since yesterday
  sluice alerts -o json | jq -r 'select(.severity == "error") | .message'

Alerts come from `sluice monitor`, through the topic `alerts`.)");
  }

  int Run(StopSignal* stop) override;

 private:
  absl::Status Print(TopicStream* stream, const client::Start& start);
  // False if nothing more can be written.
  bool PrintOne(const monitor::Alert& alert);
  bool PrintFiring();

  ConnectionFlags connection_;
  ListingFlags flags_;
  bool follow_ = false;
  bool history_ = false;
  bool sound_ = false;
  bool utc_ = false;
  std::string from_;
  AlertsLook look_;
  std::optional<Output> output_;  // while it runs
  FiringAlerts firing_;
};

bool AlertsCommand::PrintOne(const monitor::Alert& alert) {
  *output_->buffer() += flags_.json ? monitor::AlertJson(alert) + "\n" : AlertLine(alert, look_);
  return output_->FlushIfLarge();
}

bool AlertsCommand::PrintFiring() {
  const std::vector<monitor::Alert> alerts = firing_.All();
  if (flags_.json) {
    for (const monitor::Alert& alert : alerts) {
      if (!PrintOne(alert)) return false;
    }
  } else if (alerts.empty()) {
    std::cerr << "no alert fires" << std::endl;
  } else {
    *output_->buffer() += FiringTable(alerts, absl::FromUnixNanos(SystemClock()->UnixNanos()), look_);
    if (follow_) *output_->buffer() += '\n';
  }
  return output_->Flush();
}

absl::Status AlertsCommand::Print(TopicStream* stream, const client::Start& start) {
  SLUICE_RETURN_IF_ERROR(stream->Read(start, [this](const client::RecordView& record) {
    const absl::StatusOr<monitor::Alert> alert = monitor::ParseAlertJson(record.body());
    if (!alert.ok()) return true;  // somebody else's
    if (history_) return PrintOne(*alert);
    firing_.Take(*alert);
    return true;
  }));
  if (!(history_ ? output_->Flush() : PrintFiring()) || !follow_) return output_->status();
  const bool bell = sound_ && IsTerminal(stdout) && !flags_.json;
  SLUICE_RETURN_IF_ERROR(stream->Follow([&](const client::RecordView& record) {
    const absl::StatusOr<monitor::Alert> alert = monitor::ParseAlertJson(record.body());
    if (!alert.ok()) return true;
    if (bell && alert->state == monitor::Alert::State::kFiring) *output_->buffer() += '\a';
    return PrintOne(*alert) && output_->Flush();
  }));
  return output_->status();
}

int AlertsCommand::Run(StopSignal* stop) {
  if (!from_.empty() && !history_) return UsageError(InvalidArgument("--from: it is for --history"));
  if (sound_ && !follow_) return UsageError(InvalidArgument("--sound: it is for --follow"));
  look_ = {.color = UseColor(flags_.color, stdout), .zone = utc_ ? absl::UTCTimeZone() : absl::LocalTimeZone()};
  client::Start start = client::Start::Beginning();
  if (!from_.empty()) {
    absl::StatusOr<client::Start> from =
        ParseStart(from_, {.now = absl::FromUnixNanos(SystemClock()->UnixNanos()), .zone = look_.zone});
    if (!from.ok()) return UsageError(Annotate(from.status(), "--from"));
    start = *std::move(from);
  }
  absl::StatusOr<std::unique_ptr<client::Client>> client = MakeClient(connection_);
  if (!client.ok()) return UsageError(client.status());
  output_.emplace();
  TopicStream stream(client->get(), kTopic, ConnectionReporter(connection_.collector));
  absl::Status status;
  const int code = RunUntilStopped(
      stop,
      [&] {
        status = Print(&stream, start);
        return status.ok() ? kExitOk : kExitFailure;
      },
      [&] { stream.Cancel(); });
  return code == kExitOk ? kExitOk : Failure(status);
}

}  // namespace

std::unique_ptr<Command> AddAlertsCommand(CLI::App* program) { return std::make_unique<AlertsCommand>(program); }

}  // namespace sluice::cli
