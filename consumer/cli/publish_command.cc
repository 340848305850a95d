#include <atomic>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/pipe_file.h"
#include "base/severity.h"
#include "base/status.h"
#include "base/text.h"
#include "base/waker.h"
#include "consumer/cli/command.h"
#include "consumer/cli/connection_flags.h"
#include "consumer/cli/publish.h"
#include "consumer/cli/tail.h"
#include "consumer/cli/time_spec.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kProgressInterval = absl::Seconds(1);
// For what was read when a signal came.
constexpr absl::Duration kDrain = absl::Seconds(10);

class PublishCommand final : public Command {
 public:
  explicit PublishCommand(CLI::App* program);
  int Run(StopSignal* stop) override;

 private:
  absl::Status ReadFlags(PublishOptions* options, client::PublisherOptions* publisher) const;
  // What runs beside main's thread.
  struct Work {
    Waker done;
    std::atomic<bool> finished = false;
  };
  // Waits until the work is done, or a signal came and the rest had its time: then why it is not durable. Tells how far
  // it is meanwhile.
  absl::Status Watch(StopSignal* stop, const Work& work, LinePublisher* lines, client::Publisher* publisher) const;
  int Report(const absl::Status& status, const LinePublisher& lines, const client::Publisher& publisher) const;

  ConnectionFlags connection_;
  std::string topic_;
  std::string id_;
  std::string severity_;
  std::string time_;
  std::vector<std::string> labels_;
  bool wait_ = false;
  bool progress_ = false;
};

PublishCommand::PublishCommand(CLI::App* program)
    : Command(program, "publish", "Append the lines of standard input to a topic, each a record.") {
  app()->add_option("TOPIC", topic_, "1 to 249 characters of [A-Za-z0-9._-]")->required();
  constexpr char kRecords[] = "Records";
  app()
      ->add_option("--severity", severity_,
                   "Of all records: trace, debug, info, warn, error, fatal. Default: not known")
      ->type_name("NAME")
      ->group(kRecords);
  app()
      ->add_option("--time", time_,
                   "Of all records: RFC 3339, local \"2026-11-20 09:15\", or 5m ago. Default: when read")
      ->type_name("TIME")
      ->group(kRecords);
  app()
      ->add_option("--label", labels_, "A label of all records; may be given several times")
      ->type_name("NAME=VALUE")
      ->group(kRecords);
  app()
      ->add_option("--id", id_,
                   "Who publishes. A run that broke off is repeated with the same id and the same input from its "
                   "beginning: lines that the collector has are left out. Default: a new one each time")
      ->type_name("NAME")
      ->group(kRecords);
  app()->add_flag("--wait", wait_, "While another one publishes with this --id, wait for it to end")->group(kRecords);
  app()->add_flag("--progress", progress_, "Each second, say on standard error how far it is");
  AddConnectionFlags(app(), &connection_);
  app()->footer(R"(Examples:
  make 2>&1 | sluice publish build --label branch=main
  echo 'deployed 1.4.2' | sluice publish deploys --severity info
  sluice publish import --id import-2026-11 < old.log      may be repeated until it has succeeded)");
}

absl::Status PublishCommand::ReadFlags(PublishOptions* options, client::PublisherOptions* publisher) const {
  options->topic = topic_;
  options->numbered = !id_.empty();
  if (!severity_.empty()) {
    options->severity = SeverityFromText(severity_);
    options->severity_text = severity_;
    if (options->severity == v1::SEVERITY_UNSPECIFIED) {
      return InvalidArgument("--severity: ", Quoted(severity_), ": allowed are trace, debug, info, warn, error, fatal");
    }
  }
  if (!time_.empty()) {
    absl::StatusOr<absl::Time> time =
        ParseMoment(time_, {.now = absl::FromUnixNanos(SystemClock()->UnixNanos()), .zone = absl::LocalTimeZone()});
    if (!time.ok()) return Annotate(time.status(), "--time");
    options->time = *time;
  }
  for (const std::string& label : labels_) {
    const size_t equals = label.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return InvalidArgument("--label: ", Quoted(label), ": NAME=VALUE is needed");
    }
    publisher->labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  publisher->id = id_;
  publisher->wait_for_turn = wait_;
  publisher->version = std::string(Version());
  if (wait_ && id_.empty()) return InvalidArgument("--wait: there is somebody to wait for only with --id");
  return absl::OkStatus();
}

int PublishCommand::Run(StopSignal* stop) {
  absl::StatusOr<std::unique_ptr<client::Client>> client = MakeClient(connection_);
  if (!client.ok()) return UsageError(client.status());
  PublishOptions options;
  client::PublisherOptions publisher_options;
  if (absl::Status flags = ReadFlags(&options, &publisher_options); !flags.ok()) return UsageError(flags);
  if (absl::Status topic = client::CheckTopicName(topic_); !topic.ok()) return UsageError(topic);
  publisher_options.on_state = ConnectionReporter(connection_.collector);
  absl::StatusOr<std::unique_ptr<client::Publisher>> publisher = (*client)->NewPublisher(std::move(publisher_options));
  if (!publisher.ok()) return UsageError(Annotate(publisher.status(), "--id or --label"));

  LinePublisher lines(publisher->get(), std::move(options), kStdin);
  absl::Status status;
  Work work;
  std::thread thread([&] {
    status = lines.Run();
    work.finished = true;
    work.done.Wake();
  });
  const absl::Status given_up = Watch(stop, work, &lines, publisher->get());
  thread.join();
  return Report(given_up.ok() ? status : given_up, lines, **publisher);
}

absl::Status PublishCommand::Watch(StopSignal* stop, const Work& work, LinePublisher* lines,
                                   client::Publisher* publisher) const {
  const Clock* clock = SystemClock();
  std::optional<int64_t> give_up;  // monotonic
  while (!work.finished) {
    const absl::Duration wait = progress_ || give_up.has_value() ? kProgressInterval : absl::InfiniteDuration();
    WaitReadable({work.done.descriptor(), give_up.has_value() ? -1 : stop->descriptor()}, wait);
    if (progress_) {
      std::cerr << lines->records() << " lines read, " << publisher->acknowledged() << " acknowledged" << std::endl;
    }
    if (work.finished) break;
    if (!give_up.has_value() && stop->WaitFor(absl::ZeroDuration()) != 0) {
      lines->Stop();
      give_up = clock->MonotonicNanos() + absl::ToInt64Nanoseconds(kDrain);
    }
    if (give_up.has_value() && clock->MonotonicNanos() >= *give_up) return publisher->Close(absl::InfinitePast());
  }
  return absl::OkStatus();
}

int PublishCommand::Report(const absl::Status& status, const LinePublisher& lines,
                           const client::Publisher& publisher) const {
  log::Info("publish", status.ok() ? "done" : "ended",
            {{"records", lines.records()},
             {"published", publisher.acknowledged() - publisher.left_out()},
             {"held_before", publisher.left_out()}});
  return status.ok() ? kExitOk : Failure(status);
}

}  // namespace

std::unique_ptr<Command> AddPublishCommand(CLI::App* program) { return std::make_unique<PublishCommand>(program); }

}  // namespace sluice::cli
