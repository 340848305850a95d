// sluice-agent: watches log directories, streams what is written to them to a collector.
#include <cstdio>
#include <cstdlib>
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
    "  sluice-agent --config /etc/sluice/agent.yaml as configured; changes are taken up at once\n"
    "  sluice-agent --once DIR...                   send all that is there, wait for the acks, end\n"
    "  make 2>&1 | sluice-agent -                   send standard input, as topic stdin\n";

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
  app->add_flag("--once", flags->once,
                "Read all that is there, also last lines without newline, wait for the acks, and exit: 0, or 1 if the "
                "collector was not reached or something was refused or unreadable");
  app->add_option("--once-timeout", flags->once_timeout,
                  "With --once: how long to wait for the collector (default 30s)")
      ->type_name("DURATION");
  app->add_option("DIR", flags->directories, "Directories to watch, each a source of its own; - is standard input");
}

}  // namespace

int main(int argc, char** argv) {
  // gRPC's own log would only say again, in its own format, what comes to us as a status.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);

  sluice::agent::AgentFlags flags;
  bool check_config = false;
  CLI::App app(kDescription, "sluice-agent");
  sluice::AddCommonFlags(&app);
  AddFlags(&app, &flags, &check_config);
  if (int exit = sluice::ParseFlags(&app, argc, argv); exit >= 0) return exit;

  auto options = sluice::agent::LoadAgentOptions(flags);
  if (!options.ok()) return sluice::ReportConfigError("sluice-agent", options.status());
  for (const std::string& warning : options->warnings) {
    sluice::log::Warn("agent", "configuration", {{"warning", warning}});
  }
  if (check_config) {
    std::printf("configuration is valid: %zu sources\n", options->sources.size());
    return sluice::kExitOk;
  }
  sluice::StopSignal stop;
  std::unique_ptr<sluice::agent::Agent> agent;
  stop.OnHangup([&agent] { agent->Reload(); });  // called by stop.Wait, below
  auto created = sluice::agent::Agent::Create(*std::move(options), sluice::SystemClock());
  absl::Status status = created.status();
  if (created.ok()) {
    agent = *std::move(created);
    status = agent->Start();
  }
  if (!status.ok()) {
    sluice::log::Error("agent", "cannot start", {{"reason", status}});
    return sluice::kExitFailure;
  }
  stop.AlsoEndAt(agent->ended_descriptor());
  stop.Wait();
  sluice::log::Info("agent", "stopping");
  agent->Stop();
  if (agent->result().ok()) return sluice::kExitOk;
  sluice::log::Error("agent", "not all was sent", {{"reason", agent->result()}});
  return sluice::kExitFailure;
}
