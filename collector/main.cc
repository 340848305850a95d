// sluice-collector: takes agents' streams, keeps them durably by topic, serves subscriptions and metrics.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/program.h"
#include "collector/options.h"
#include "collector/route/explain.h"
#include "collector/server.h"

namespace {

constexpr size_t kExplainBytesMax = 64 << 20;
// How often a log is tried again that the disk has no room to open.
constexpr absl::Duration kRetryInterval = absl::Seconds(1);

constexpr char kDescription[] =
    "sluice-collector takes what agents send, keeps it durably by topic and serves it to whoever subscribes.\n"
    "\n"
    "  sluice-collector                                      data in ./sluice-data, this machine only\n"
    "  sluice-collector --config /etc/sluice/collector.yaml  as configured\n";

void AddFlags(CLI::App* app, sluice::collector::CollectorFlags* flags, bool* check_config, std::string* explain) {
  app->add_option("--config", flags->config_file, "Configuration file (YAML)")->type_name("FILE");
  app->add_option("--grpc-address", flags->grpc_address,
                  "Where agents and subscribers connect (default 127.0.0.1:7070; port 0: any free one)")
      ->type_name("HOST:PORT");
  app->add_option(
         "--http-address", flags->http_address,
         "Where /metrics, /healthz and /readyz are served, and services may send logs (default 127.0.0.1:7071)")
      ->type_name("HOST:PORT");
  app->add_option("--data-dir", flags->data_dir, "Where the log is kept (default ./sluice-data)")->type_name("DIR");
  app->add_flag("--insecure", flags->insecure, "Allow addresses beyond loopback without TLS");
  app->add_flag("--check-config", *check_config, "Check flags and configuration, and exit");
  app->add_option("--explain-route", *explain,
                  "Tell what the configured routes do with the records of FILE (or of standard input, if it is -) and "
                  "exit: 0, or 1 if a line could not be explained. A line is a JSON object with any of topic, path, "
                  "agent, source, severity, labels, body")
      ->type_name("FILE");
}

absl::StatusOr<std::string> ReadLines(const std::string& file) {
  if (file != "-") return sluice::HostFileSystem()->ReadFile(file, kExplainBytesMax);
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

// Exit code 0 if all lines of `file` could be explained.
int ExplainRoutes(const sluice::collector::RoutingOptions& routing, const std::string& file) {
  auto router = sluice::collector::Router::Compile(routing);
  if (!router.ok()) return sluice::ReportConfigError("sluice-collector", router.status());
  auto lines = ReadLines(file);
  if (!lines.ok()) {
    std::fprintf(stderr, "sluice-collector: --explain-route: %s\n", lines.status().ToString().c_str());
    return sluice::kExitFailure;
  }
  bool ok = false;
  std::fputs(sluice::collector::ExplainLines(*router, *lines, &ok).c_str(), stdout);
  return ok ? sluice::kExitOk : sluice::kExitFailure;
}

}  // namespace

int main(int argc, char** argv) {
  sluice::collector::CollectorFlags flags;
  bool check_config = false;
  CLI::App app(kDescription, "sluice-collector");
  sluice::AddCommonFlags(&app);
  std::string explain;
  AddFlags(&app, &flags, &check_config, &explain);
  if (int exit = sluice::ParseFlags(&app, argc, argv); exit >= 0) return exit;

  auto options = sluice::collector::LoadOptions(flags);
  if (!options.ok()) return sluice::ReportConfigError("sluice-collector", options.status());
  for (const std::string& warning : options->warnings) {
    sluice::log::Warn("collector", "configuration", {{"warning", warning}});
  }
  if (check_config) {
    std::puts("configuration is valid");
    return sluice::kExitOk;
  }
  if (!explain.empty()) return ExplainRoutes(options->routing, explain);
  sluice::StopSignal stop;
  int signal = 0;
  auto server = sluice::collector::Server::Start(*options, [&] {
    signal = stop.WaitFor(kRetryInterval);
    return signal == 0;
  });
  if (signal != 0) return sluice::kExitOk;
  if (!server.ok()) {
    sluice::log::Error("collector", "cannot start", {{"reason", server.status()}});
    return sluice::kExitFailure;
  }
  stop.Wait();
  (*server)->Stop();
  return sluice::kExitOk;
}
