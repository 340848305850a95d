#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "consumer/cli/command.h"
#include "consumer/monitor/monitor.h"
#include "consumer/monitor/monitor_options.h"

namespace sluice::cli {
namespace {

constexpr char kExamples[] = R"(Examples:
  sluice monitor                                       the built-in alert on /var/log/access.log, heartbeats
  sluice monitor --config /etc/sluice/monitor.yaml     rules and more; changes are taken up at once
  sluice monitor --config monitor.yaml --check-config  says what is wrong with it)";

// A service, unlike the other commands.
class MonitorCommand final : public Command {
 public:
  explicit MonitorCommand(CLI::App* program)
      : Command(program, "monitor", "Watch the log, as a service: alerts by rule, heartbeats, statistics.") {
    app()->add_option("--config", flags_.config, "Configuration file (YAML)")->type_name("FILE");
    app()
        ->add_option("--collector", flags_.collector, "Collector to read and publish to (default 127.0.0.1:7070)")
        ->type_name("HOST:PORT");
    app()
        ->add_option("--group", flags_.group,
                     "Monitors of one group find the same, and one of them publishes it (default: default)")
        ->type_name("NAME");
    app()
        ->add_option("--state-dir", flags_.state_dir,
                     "Where windows, alerts and progress are kept (default ./sluice-monitor)")
        ->type_name("DIR");
    app()
        ->add_option("--http-address", flags_.http_address,
                     "Where /metrics, /healthz and /readyz are served (default 127.0.0.1:7073)")
        ->type_name("HOST:PORT");
    app()->add_flag("--insecure", flags_.insecure, "Allow --http-address beyond loopback, without TLS");
    app()->add_flag("--check-config", check_config_, "Check flags and configuration, and exit");
    app()->footer(kExamples);
  }

  int Run(StopSignal* stop) override {
    absl::StatusOr<monitor::MonitorOptions> options = monitor::LoadMonitorOptions(flags_);
    if (!options.ok()) return ReportConfigError("sluice monitor", options.status());
    if (check_config_) {
      std::printf("configuration is valid: %zu rules\n", options->rules.size());
      return kExitOk;
    }
    std::unique_ptr<monitor::Monitor> monitor;
    stop->OnHangup([&monitor] { monitor->Reload(); });  // called by stop->Wait, below
    auto created = monitor::Monitor::Create(*std::move(options), flags_, SystemClock());
    absl::Status status = created.status();
    if (created.ok()) {
      monitor = *std::move(created);
      status = monitor->Start();
    }
    if (!status.ok()) return Failure(status);
    stop->AlsoEndAt(monitor->ended_descriptor());
    stop->Wait();
    log::Info("monitor", "stopping");
    monitor->Stop();
    return monitor->status().ok() ? kExitOk : kExitFailure;
  }

 private:
  monitor::MonitorFlags flags_;
  bool check_config_ = false;
};

}  // namespace

std::unique_ptr<Command> AddMonitorCommand(CLI::App* program) { return std::make_unique<MonitorCommand>(program); }

}  // namespace sluice::cli
