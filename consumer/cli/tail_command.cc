#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/severity.h"
#include "base/status.h"
#include "consumer/cli/choice.h"
#include "consumer/cli/color.h"
#include "consumer/cli/command.h"
#include "consumer/cli/connection_flags.h"
#include "consumer/cli/listing_flags.h"
#include "consumer/cli/output.h"
#include "consumer/cli/record_format.h"
#include "consumer/cli/run_until_stopped.h"
#include "consumer/cli/subscription_check.h"
#include "consumer/cli/tail.h"
#include "consumer/cli/time_spec.h"
#include "consumer/client/client.h"

namespace sluice::cli {
namespace {

using client::SubscribeOptions;

constexpr absl::Duration kDefaultTimeout = absl::Seconds(10);

enum class OutputKind { kText, kJson, kRaw };

constexpr char kExamples[] = R"(Examples:
  sluice tail                                      all that comes, of all topics
  sluice tail sluice.events                        what happens to the files: appeared, renamed, lost bytes
  sluice tail 'shop.*' --severity warn             warnings and worse of some topics
  sluice tail --from 15m --contains order=A-1029   the last quarter of an hour, then go on
  sluice tail --from 09:00 --to 09:30 --no-follow  a stretch of time
  sluice tail --group billing shop | ./work        a share of the records; other members get the others
  sluice tail error --output json | jq .body       one JSON object a line
  sluice tail access --from beginning --no-follow --output raw > access.log)";

class TailCommand final : public Command {
 public:
  explicit TailCommand(CLI::App* program);
  int Run(StopSignal* stop) override;

 private:
  void AddFilterFlags();
  void AddRangeFlags();
  void AddOutputFlags();
  absl::StatusOr<SubscribeOptions> MakeSubscription() const;
  // Says why the subscription failed; the exit code.
  int Explain(const absl::Status& status, const client::Start& start) const;
  std::unique_ptr<RecordFormat> MakeFormat() const;

  ConnectionFlags connection_;
  std::vector<std::string> topics_;
  std::string severity_;
  std::string contains_;
  std::string regex_;
  std::string from_;
  std::string to_;
  bool no_follow_ = false;
  uint64_t limit_ = 0;
  std::string group_;
  std::string timeout_;
  OutputKind output_ = OutputKind::kText;
  ColorMode color_ = ColorMode::kAuto;
  bool utc_ = false;
  bool force_ = false;
  bool print_cursor_ = false;
};

TailCommand::TailCommand(CLI::App* program)
    : Command(program, "tail", "Print records: what is stored, and what comes.") {
  app()->add_option("TOPIC_GLOB", topics_, "Topics; * ? [a-z] {a,b} as in a shell. None: all (but sluice.events)");
  AddFilterFlags();
  AddRangeFlags();
  AddOutputFlags();
  AddConnectionFlags(app(), &connection_);
  app()->footer(kExamples);
}

void TailCommand::AddFilterFlags() {
  constexpr char kGroup[] = "Which records";
  app()
      ->add_option("--severity", severity_, "Only this severity or above: trace, debug, info, warn, error, fatal")
      ->type_name("NAME")
      ->group(kGroup);
  app()->add_option("--contains", contains_, "Only lines with this in them")->type_name("TEXT")->group(kGroup);
  app()
      ->add_option("--regex", regex_, "Only lines that match this RE2 expression; (?i) at its front ignores case")
      ->type_name("REGEX")
      ->group(kGroup);
  app()
      ->add_option(
          "--group", group_,
          "Share the records with the other members of this consumer group; it goes on where it was, and --from counts "
          "only for a new group")
      ->type_name("NAME")
      ->group(kGroup);
}

void TailCommand::AddRangeFlags() {
  constexpr char kGroup[] = "From where to where";
  app()
      ->add_option("--from", from_,
                   "beginning, end, how long ago (5m, 2h), a time (RFC 3339, or local \"2026-11-20 09:15\", 09:15), or "
                   "a cursor. Default: end; with --no-follow, beginning")
      ->type_name("PLACE")
      ->group(kGroup);
  app()->add_option("--to", to_, "Only records before this time; as in --from")->type_name("TIME")->group(kGroup);
  app()->add_flag("--no-follow", no_follow_, "End when all that is stored was printed")->group(kGroup);
  app()
      ->add_option("--limit", limit_, "End after this many records; 0: none")
      ->type_name("N")
      ->check(WholeNumber())
      ->group(kGroup);
  app()
      ->add_option("--timeout", timeout_,
                   "Fail when there was no connection for this long. Default: 10s with --no-follow, else never")
      ->type_name("DURATION")
      ->group(kGroup);
  app()
      ->add_flag("--print-cursor", print_cursor_, "At the end, say on standard error where another --from can go on")
      ->group(kGroup);
}

void TailCommand::AddOutputFlags() {
  constexpr char kGroup[] = "Output";
  app()
      ->add_option("--output,-o", output_,
                   "text: for people; json: an object a line; raw: the exact bytes of each line, and a newline")
      ->transform(
          Choice<OutputKind>({{"text", OutputKind::kText}, {"json", OutputKind::kJson}, {"raw", OutputKind::kRaw}}))
      ->type_name("text|json|raw")
      ->default_str("text")
      ->group(kGroup);
  AddColorFlag(app(), &color_);
  app()->add_flag("--utc", utc_, "Times in UTC, not in the local time zone, in text and in flags")->group(kGroup);
  app()->add_flag("--force", force_, "With raw on a terminal: write control characters as they are")->group(kGroup);
}

absl::StatusOr<SubscribeOptions> TailCommand::MakeSubscription() const {
  const TimeContext context = {.now = absl::FromUnixNanos(SystemClock()->UnixNanos()),
                               .zone = utc_ ? absl::UTCTimeZone() : absl::LocalTimeZone()};
  SubscribeOptions options;
  options.topics = topics_;
  if (!severity_.empty()) {
    options.min_severity = SeverityFromText(severity_);
    if (options.min_severity == v1::SEVERITY_UNSPECIFIED) {
      return InvalidArgument("--severity: \"", severity_,
                             "\" is no severity: allowed are trace, debug, info, warn, error and fatal");
    }
  }
  options.contains = contains_;
  options.regex = regex_;
  options.group = group_;
  if (!from_.empty()) {
    absl::StatusOr<client::Start> start = ParseStart(from_, context);
    if (!start.ok()) return Annotate(start.status(), "--from");
    options.start = *std::move(start);
  }
  if (!to_.empty()) {
    absl::StatusOr<absl::Time> end = ParseMoment(to_, context);
    if (!end.ok()) return Annotate(end.status(), "--to");
    options.end_time = *end;
  }
  options.follow = !no_follow_;
  options.limit = limit_;
  if (no_follow_) options.give_up_after = kDefaultTimeout;
  if (!timeout_.empty()) {
    absl::StatusOr<absl::Duration> timeout = ParseDuration(timeout_);
    if (!timeout.ok()) return Annotate(timeout.status(), "--timeout");
    options.give_up_after = *timeout;
  }
  return options;
}

std::unique_ptr<RecordFormat> TailCommand::MakeFormat() const {
  switch (output_) {
    case OutputKind::kJson:
      return NewJsonFormat();
    case OutputKind::kRaw:
      return NewRawFormat(IsTerminal(stdout) && !force_);
    case OutputKind::kText:
      break;
  }
  return NewTextFormat({.color = UseColor(color_, stdout),
                        .contains = contains_,
                        .regex = regex_,
                        .zone = utc_ ? absl::UTCTimeZone() : absl::LocalTimeZone()});
}

int TailCommand::Run(StopSignal* stop) {
  absl::StatusOr<std::unique_ptr<client::Client>> client = MakeClient(connection_);
  if (!client.ok()) return UsageError(client.status());
  absl::StatusOr<SubscribeOptions> options = MakeSubscription();
  if (!options.ok()) return UsageError(options.status());
  if (absl::Status status = CheckSubscription(*options); !status.ok()) return UsageError(status);
  if (print_cursor_ && !group_.empty()) {
    return UsageError(InvalidArgument("--print-cursor: a consumer group remembers by itself where it is"));
  }
  options->on_state = ConnectionReporter(connection_.collector);
  const client::Start start = options->start;
  std::unique_ptr<client::Subscription> subscription = (*client)->Subscribe(*std::move(options));

  Output output;
  std::unique_ptr<RecordFormat> format = MakeFormat();
  absl::Status status;
  int code = RunUntilStopped(
      stop,
      [&] {
        status = Tail(subscription.get(), format.get(), &output, !group_.empty());
        return status.ok() ? kExitOk : kExitFailure;
      },
      [&] { subscription->Cancel(); });
  if (print_cursor_ && !subscription->cursor().empty()) {
    std::cerr << "cursor: " << subscription->cursor() << std::endl;
  }
  return code == kExitOk ? kExitOk : Explain(status, start);
}

int TailCommand::Explain(const absl::Status& status, const client::Start& start) const {
  // Only the collector can tell what is wrong with a cursor, or beyond its own bounds.
  if (!absl::IsInvalidArgument(status)) return Failure(status);
  if (start.proto().has_cursor() && absl::StrContains(status.message(), "start.cursor")) {
    return UsageError(InvalidArgument("--from: \"", from_,
                                      "\" is neither beginning, end, a duration before now (5m), a time (RFC 3339) nor "
                                      "a cursor: ",
                                      MessageOf(status)));
  }
  return UsageError(status);
}

}  // namespace

std::unique_ptr<Command> AddTailCommand(CLI::App* program) { return std::make_unique<TailCommand>(program); }

}  // namespace sluice::cli
