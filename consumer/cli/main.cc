// sluice: the command line.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/program.h"
#include "consumer/cli/command.h"

int main(int argc, char** argv) {
  // gRPC's own log would only say again, in its own format, what comes to us as a status.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);

  CLI::App program("Reads the logs that a Sluice collector keeps, and adds to them.", "sluice");
  sluice::AddCommonFlags(&program);
  program.require_subcommand(0, 1);  // so that a word that is no command is told with a "did you mean"

  std::vector<std::unique_ptr<sluice::cli::Command>> commands;
  commands.push_back(sluice::cli::AddTailCommand(&program));
  commands.push_back(sluice::cli::AddTopicsCommand(&program));
  commands.push_back(sluice::cli::AddAgentsCommand(&program));
  commands.push_back(sluice::cli::AddGroupsCommand(&program));
  commands.push_back(sluice::cli::AddPublishCommand(&program));
  commands.push_back(sluice::cli::AddStatsCommand(&program));
  commands.push_back(sluice::cli::AddAlertsCommand(&program));
  commands.push_back(sluice::cli::AddGenerateCommand(&program));
  commands.push_back(sluice::cli::AddMonitorCommand(&program));

  if (int code = sluice::ParseFlags(&program, argc, argv); code >= 0) return code;
  sluice::StopSignal stop;
  for (const auto& command : commands) {
    if (command->chosen()) sluice::EndProcess(command->Run(&stop));
  }
  std::cerr << program.help();
  return sluice::kExitUsage;
}
