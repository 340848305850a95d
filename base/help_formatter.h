// How --help looks. Only for program.cc.
#pragma once

#include <string>

#include "CLI/CLI.hpp"

namespace sluice {

// Usage first, then what the program is, then arguments and options in groups, each with its default, wrapped.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter();
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* app) const override;
};

}  // namespace sluice
