// `sluice stats`: what the monitor counts in access logs.
#include <deque>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "consumer/cli/access_stats.h"
#include "consumer/cli/color.h"
#include "consumer/cli/command.h"
#include "consumer/cli/connection_flags.h"
#include "consumer/cli/listing_flags.h"
#include "consumer/cli/output.h"
#include "consumer/cli/run_until_stopped.h"
#include "consumer/cli/screen.h"
#include "consumer/cli/stats_view.h"
#include "consumer/cli/tail.h"
#include "consumer/cli/topic_stream.h"

namespace sluice::cli {
namespace {

constexpr char kTopic[] = "metrics";
// Statistics of this time are looked for first; if there are none, all that are stored.
constexpr absl::Duration kRecent = absl::Hours(1);
// A table that is drawn in place is drawn again so often at least: its age and the terminal's size change.
constexpr absl::Duration kDrawInterval = absl::Seconds(1);

absl::Time Now() { return absl::FromUnixNanos(SystemClock()->UnixNanos()); }

class StatsCommand final : public Command {
 public:
  explicit StatsCommand(CLI::App* program)
      : Command(program, "stats", "Show what the monitor counts in access logs: sections, rates, latencies.") {
    app()->add_flag("--follow,-f", follow_, "Go on; on a terminal the table is drawn again in place");
    app()->add_flag("--utc", utc_, "Times in UTC, not in the local time zone")->group("Output");
    AddListingFlags(app(), &flags_);
    AddConnectionFlags(app(), &connection_);
    app()->footer(R"(Examples:
  sluice stats                      the last interval
  sluice stats --follow             a table that keeps itself up to date; Ctrl-C ends it
  sluice stats -f -o json | jq .hits_per_second

The figures come from `sluice monitor`, through the topic `metrics`.)");
  }

  int Run(StopSignal* stop) override;

 private:
  // Remembers the record's statistics, and its text; false if it has none.
  bool Take(const client::RecordView& record);
  absl::Status ReadStored(TopicStream* stream);
  // Text or JSON, an interval after the other.
  absl::Status Print(TopicStream* stream);
  // On a terminal.
  absl::Status Draw(TopicStream* stream);
  bool PrintLast();
  bool DrawOnce(Screen* screen);
  void OnState(const client::ConnectionState& state);
  StatsLook Look() const;
  bool in_place() const { return follow_ && !flags_.json && IsTerminal(stdout); }

  ConnectionFlags connection_;
  ListingFlags flags_;
  bool follow_ = false;
  bool utc_ = false;
  std::optional<Output> output_;  // while it runs
  Mutex mutex_;
  CondVar changed_;
  std::deque<AccessStats> history_ ABSL_GUARDED_BY(mutex_);
  std::string last_json_ ABSL_GUARDED_BY(mutex_);
  std::string trouble_ ABSL_GUARDED_BY(mutex_);  // with the connection
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

bool StatsCommand::Take(const client::RecordView& record) {
  std::optional<AccessStats> stats = ParseAccessStats(record.body());
  if (!stats.has_value()) return false;
  MutexLock lock(&mutex_);
  history_.push_back(*std::move(stats));
  if (history_.size() > kStatsHistory) history_.pop_front();
  last_json_.clear();
  AppendVisible(record.body(), /*strip_cr=*/false, &last_json_);
  changed_.SignalAll();
  return true;
}

absl::Status StatsCommand::ReadStored(TopicStream* stream) {
  const auto take = [this](const client::RecordView& record) {
    Take(record);
    return true;
  };
  SLUICE_RETURN_IF_ERROR(stream->Read(client::Start::At(Now() - kRecent), take));
  {
    MutexLock lock(&mutex_);
    if (!history_.empty()) return absl::OkStatus();
  }
  return stream->Read(client::Start::Beginning(), take);
}

StatsLook StatsCommand::Look() const {
  StatsLook look = {.color = UseColor(flags_.color, stdout),
                    .zone = utc_ ? absl::UTCTimeZone() : absl::LocalTimeZone()};
  if (IsTerminal(stdout)) look.width = TerminalSize(stdout).width;
  return look;
}

bool StatsCommand::PrintLast() {
  MutexLock lock(&mutex_);
  if (history_.empty()) return true;
  *output_->buffer() += flags_.json ? last_json_ + "\n" : StatsText(history_, Now(), Look());
  return output_->Flush();
}

absl::Status StatsCommand::Print(TopicStream* stream) {
  SLUICE_RETURN_IF_ERROR(ReadStored(stream));
  bool writable = PrintLast();
  {
    MutexLock lock(&mutex_);
    if (history_.empty() && !flags_.json) {
      std::cerr << "no statistics yet: `sluice monitor` makes them of access logs" << std::endl;
    }
  }
  if (!follow_ || !writable) return output_->status();
  SLUICE_RETURN_IF_ERROR(stream->Follow([&](const client::RecordView& record) {
    if (!Take(record)) return true;
    if (!flags_.json) *output_->buffer() += '\n';
    return PrintLast();
  }));
  return output_->status();
}

bool StatsCommand::DrawOnce(Screen* screen) {
  StatsLook look = Look();
  look.height = TerminalSize(stdout).height;
  std::string text;
  {
    MutexLock lock(&mutex_);
    if (history_.empty()) {
      text = "Access logs\n\nNo statistics yet: `sluice monitor` makes them of access logs.\n";
    } else {
      text = StatsText(history_, Now(), look);
    }
    if (!trouble_.empty()) {
      StrAppend(&text, "\n", look.color ? kRed : std::string_view(), trouble_, look.color ? kReset : std::string_view(),
                "\n");
    }
  }
  return screen->Draw(text);
}

absl::Status StatsCommand::Draw(TopicStream* stream) {
  SLUICE_RETURN_IF_ERROR(ReadStored(stream));
  absl::Status status;
  std::thread reader([&] {
    const absl::Status end = stream->Follow([this](const client::RecordView& record) {
      Take(record);
      return true;
    });
    MutexLock lock(&mutex_);
    status = end;
    ended_ = true;
    changed_.SignalAll();
  });
  {
    Screen screen(&*output_);
    while (DrawOnce(&screen)) {
      MutexLock lock(&mutex_);
      if (!ended_) changed_.WaitWithTimeout(&mutex_, kDrawInterval);
      if (ended_) break;
    }
  }
  stream->Cancel();
  reader.join();
  // What was seen last stays.
  PrintLast();
  return output_->status().ok() ? status : output_->status();
}

void StatsCommand::OnState(const client::ConnectionState& state) {
  using Kind = client::ConnectionState::Kind;
  MutexLock lock(&mutex_);
  if (state.kind == Kind::kConnected) trouble_.clear();
  if (state.kind != Kind::kLost) return;
  trouble_ = StrCat("No connection to ", connection_.collector, ", trying again: ");
  AppendVisible(MessageOf(state.reason), /*strip_cr=*/false, &trouble_);
  changed_.SignalAll();
}

int StatsCommand::Run(StopSignal* stop) {
  absl::StatusOr<std::unique_ptr<client::Client>> client = MakeClient(connection_);
  if (!client.ok()) return UsageError(client.status());
  output_.emplace();
  TopicStream::StateHandler on_state = ConnectionReporter(connection_.collector);
  if (in_place()) on_state = [this](const client::ConnectionState& state) { OnState(state); };
  TopicStream stream(client->get(), kTopic, std::move(on_state));
  absl::Status status;
  const int code = RunUntilStopped(
      stop,
      [&] {
        status = in_place() ? Draw(&stream) : Print(&stream);
        return status.ok() ? kExitOk : kExitFailure;
      },
      [&] { stream.Cancel(); });
  return code == kExitOk ? kExitOk : Failure(status);
}

}  // namespace

std::unique_ptr<Command> AddStatsCommand(CLI::App* program) { return std::make_unique<StatsCommand>(program); }

}  // namespace sluice::cli
