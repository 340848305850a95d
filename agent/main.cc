// sluice-agent: watches log directories, streams what is written to them to a collector.
#include <cstdio>
#include <memory>
#include <utility>

#include "agent/agent.h"
#include "agent/agent_options.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/program.h"

namespace {

constexpr char kDescription[] =
    "sluice-agent watches log directories and streams what is written to them to a collector: each line once, in "
    "order.\n"
    "\n"
    "  sluice-agent /var/log                        watch a directory, send to 127.0.0.1:7070\n"
    "  sluice-agent --config /etc/sluice/agent.yaml as configured\n";

void AddFlags(CLI::App* app, sluice::agent::AgentFlags* flags, bool* check_config) {
  app->add_option("--config", flags->config, "Configuration file (YAML)")->type_name("FILE");
  app->add_option("--collector", flags->collector, "Collector to send to (default 127.0.0.1:7070)")
      ->type_name("HOST:PORT");
  app->add_option("--state-dir", flags->state_dir,
                  "Where progress is kept (default /var/lib/sluice/agent; below the home directory if not root)")
      ->type_name("DIR");
  app->add_option("--id", flags->id, "The agent's id, unique among a collector's agents (default: the host's name)")
      ->type_name("NAME");
  app->add_option("--http-address", flags->http_address,
                  "Where /metrics, /healthz and /readyz are served (default 127.0.0.1:7072)")
      ->type_name("HOST:PORT");
  app->add_flag("--insecure", flags->insecure, "Allow --http-address beyond loopback, without TLS");
  app->add_flag("--check-config", *check_config, "Check flags and configuration, and exit");
  app->add_option("DIR", flags->directories, "Directories to watch, each a source of its own");
}

}  // namespace

int main(int argc, char** argv) {
  sluice::agent::AgentFlags flags;
  bool check_config = false;
  CLI::App app(kDescription, "sluice-agent");
  sluice::AddCommonFlags(&app);
  AddFlags(&app, &flags, &check_config);
  if (int exit = sluice::ParseFlags(&app, argc, argv); exit >= 0) return exit;

  auto options = sluice::agent::LoadAgentOptions(flags);
  if (!options.ok()) return sluice::ReportConfigError("sluice-agent", options.status());
  if (check_config) {
    std::printf("configuration is valid: %zu sources\n", options->sources.size());
    return sluice::kExitOk;
  }
  sluice::StopSignal stop;
  auto agent = sluice::agent::Agent::Create(*std::move(options), sluice::SystemClock());
  absl::Status status = agent.ok() ? (*agent)->Start() : agent.status();
  if (!status.ok()) {
    sluice::log::Error("agent", "cannot start", {{"reason", status}});
    return sluice::kExitFailure;
  }
  stop.Wait();
  sluice::log::Info("agent", "stopping");
  (*agent)->Stop();
  return sluice::kExitOk;
}
