// A sub-command of `sluice`.
#pragma once

#include <memory>
#include <string_view>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "base/program.h"

namespace sluice::cli {

class Command {
 public:
  virtual ~Command() = default;
  // True if the command line names this one.
  bool chosen() const { return app_->parsed(); }
  // Runs it on main's thread; the exit code.
  virtual int Run(StopSignal* stop) = 0;

 protected:
  // Adds the sub-command to the program.
  Command(CLI::App* program, const char* name, const char* description)
      : app_(program->add_subcommand(name, description)) {
    app_->fallthrough();  // --log-level behind the command's name, too
  }

  CLI::App* app() const { return app_; }
  // Says what is wrong with the flags, and where help is; kExitUsage.
  int UsageError(const absl::Status& problem) const;
  // Says why it failed; kExitFailure.
  int Failure(const absl::Status& problem) const;

 private:
  CLI::App* const app_;
};

std::unique_ptr<Command> AddPublishCommand(CLI::App* program);
std::unique_ptr<Command> AddTailCommand(CLI::App* program);
std::unique_ptr<Command> AddTopicsCommand(CLI::App* program);
std::unique_ptr<Command> AddAgentsCommand(CLI::App* program);
std::unique_ptr<Command> AddGroupsCommand(CLI::App* program);
std::unique_ptr<Command> AddStatsCommand(CLI::App* program);
std::unique_ptr<Command> AddAlertsCommand(CLI::App* program);
std::unique_ptr<Command> AddGenerateCommand(CLI::App* program);
std::unique_ptr<Command> AddMonitorCommand(CLI::App* program);

}  // namespace sluice::cli
