// How --help looks. Only for program.cc.
#pragma once

#include <string>

#include "CLI/CLI.hpp"

namespace sluice {

// The group that stands last.
inline constexpr char kCommonGroup[] = "Common options";

// Usage first, then what the program is, then arguments, commands and options in groups, each with its default,
// wrapped.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter();
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override;
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* app) const override;

 private:
  std::string OptionGroups(const CLI::App* app) const;
};

}  // namespace sluice
