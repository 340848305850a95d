#include "consumer/cli/command.h"

#include <iostream>

#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::cli {
namespace {

void Say(std::string_view command, const absl::Status& problem, std::string_view hint) {
  std::string text = StrCat("sluice ", command, ": ");
  AppendVisible(MessageOf(problem), false, &text);
  std::cerr << text << "\n" << hint << std::flush;
}

}  // namespace

int Command::UsageError(const absl::Status& problem) const {
  Say(app_->get_name(), problem, StrCat("Try 'sluice ", app_->get_name(), " --help'.\n"));
  return kExitUsage;
}

int Command::Failure(const absl::Status& problem) const {
  Say(app_->get_name(), problem, "");
  return kExitFailure;
}

}  // namespace sluice::cli
