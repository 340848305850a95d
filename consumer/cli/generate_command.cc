#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "consumer/cli/choice.h"
#include "consumer/cli/command.h"
#include "consumer/cli/time_spec.h"
#include "consumer/generate/generator.h"

namespace sluice::cli {
namespace {

using generate::GenerateOptions;
using generate::GenerateResult;
using generate::Kind;

// Who gives neither a rate nor a count wants something to look at, and not a full disk.
constexpr double kDefaultRate = 10;

class GenerateCommand final : public Command {
 public:
  explicit GenerateCommand(CLI::App* program);
  int Run(StopSignal* stop) override;

 private:
  GenerateOptions options_;
  std::string start_time_;
};

GenerateCommand::GenerateCommand(CLI::App* program)
    : Command(program, "generate", "Write log files that look like those of a shop, to try things out with.") {
  app()->add_option("--dir", options_.directory, "Where to; made if it is not there")->type_name("DIR")->required();
  app()
      ->add_option(
          "--kind", options_.kind,
          "app: plain text, a sub-directory a level (info/, error/, …), a file a service; json: shop.json, 229 "
          "bytes a line on average; access: access.log, as web servers write it")
      ->transform(Choice<Kind>({{"app", Kind::kApp}, {"json", Kind::kJson}, {"access", Kind::kAccess}}))
      ->type_name("app|json|access")
      ->default_str("app");
  app()->add_flag("--latency", options_.latency,
                  "With access: lines end with the seconds that the request took, as nginx's $request_time");
  app()
      ->add_option("--rate", options_.rate, "Lines a second, evenly. Default: as fast as it goes with --count, else 10")
      ->type_name("N")
      ->check(CLI::Range(0.001, 1e9).description(""));
  app()
      ->add_option("--count", options_.count, "End after this many lines. Default: never")
      ->type_name("N")
      ->check(WholeNumber(1));
  app()
      ->add_option("--seed", options_.seed, "The same seed gives the same lines, but for their times")
      ->type_name("N")
      ->check(WholeNumber())
      ->capture_default_str();
  app()
      ->add_option("--start-time", start_time_,
                   "Time of the first line, each further one a millisecond later. Default: the time of writing")
      ->type_name("TIME");
  app()->footer(R"(Examples:
  sluice generate --dir logs --rate 50
  sluice generate --dir logs --kind json --count 2000000
  sluice generate --dir logs --seed 7 --count 1000 --start-time 2026-11-20T09:00:00Z   the same bytes each time)");
}

int GenerateCommand::Run(StopSignal* stop) {
  const Clock* clock = SystemClock();
  if (!start_time_.empty()) {
    absl::StatusOr<absl::Time> time =
        ParseMoment(start_time_, {.now = absl::FromUnixNanos(clock->UnixNanos()), .zone = absl::LocalTimeZone()});
    if (!time.ok()) return UsageError(Annotate(time.status(), "--start-time"));
    options_.start_time = *time;
  }
  if (options_.rate == 0 && options_.count == 0) options_.rate = kDefaultRate;

  int64_t begin = clock->MonotonicNanos();
  absl::StatusOr<GenerateResult> result =
      Generate(options_, clock, [&](absl::Duration duration) { return stop->WaitFor(duration) == 0; });
  if (!result.ok()) return Failure(result.status());
  log::Info("generate", "done",
            {{"lines", result->lines},
             {"bytes", result->bytes},
             {"seconds", absl::ToDoubleSeconds(absl::Nanoseconds(clock->MonotonicNanos() - begin))}});
  return kExitOk;
}

}  // namespace

std::unique_ptr<Command> AddGenerateCommand(CLI::App* program) { return std::make_unique<GenerateCommand>(program); }

}  // namespace sluice::cli
