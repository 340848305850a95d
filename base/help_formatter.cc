#include "base/help_formatter.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"

namespace sluice {
namespace {

constexpr size_t kNameColumns = 34;
constexpr size_t kDescriptionColumns = 66;

// Breaks lines at blanks, so that each has at most `columns`; a longer word gets a line of its own.
std::string Wrap(std::string_view text, size_t columns) {
  std::string wrapped;
  size_t used = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (used > 0 && used + 1 + end > columns) {
      wrapped.push_back('\n');
      used = 0;
    } else if (used > 0) {
      wrapped.push_back(' ');
      ++used;
    }
    wrapped.append(text.substr(0, end));
    used += end;
    if (end < text.size() && text[end] == '\n') {
      wrapped.push_back('\n');
      used = 0;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return wrapped;
}

}  // namespace

HelpFormatter::HelpFormatter() {
  column_width(kNameColumns);
  label("OPTIONS", "OPTION...");
  label("SUBCOMMAND", "COMMAND");
  label("Positionals", "Arguments");
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  std::string help = make_usage(app, std::move(name));
  const std::string description = app->get_description();
  if (!description.empty()) StrAppend(&help, "\n", Wrap(description, kNameColumns + kDescriptionColumns), "\n");
  StrAppend(&help, make_positionals(app), make_subcommands(app, mode), OptionGroups(app));
  const std::string footer = app->get_footer();
  if (!footer.empty()) StrAppend(&help, "\n", footer, "\n");
  return help;
}

std::string HelpFormatter::OptionGroups(const CLI::App* app) const {
  std::vector<std::string> groups = app->get_groups();
  const auto common = std::find(groups.begin(), groups.end(), kCommonGroup);
  if (common != groups.end()) std::rotate(common, common + 1, groups.end());
  std::string help;
  for (const std::string& group : groups) {
    const std::vector<const CLI::Option*> options = app->get_options(
        [&group](const CLI::Option* option) { return option->get_group() == group && option->nonpositional(); });
    if (!group.empty() && !options.empty()) help += make_group(group, /*is_positional=*/false, options);
  }
  return help;
}

std::string HelpFormatter::make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const {
  std::string help;
  for (const CLI::App* command : app->get_subcommands(nullptr)) {
    if (!command->get_group().empty()) help += make_subcommand(command);
  }
  return help.empty() ? help : StrCat("\nCommands:\n", help);
}

std::string HelpFormatter::make_option_name(const CLI::Option* option, bool is_positional) const {
  if (is_positional) return option->get_name(/*positional=*/true);
  std::string name = option->get_snames().empty() ? "" : StrCat("-", option->get_snames().front(), ", ");
  if (!option->get_lnames().empty()) StrAppend(&name, "--", option->get_lnames().front());
  return name;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  std::string text;
  if (option->get_type_size() != 0 && option->nonpositional()) StrAppend(&text, " ", option->get_type_name());
  if (option->get_expected_max() >= CLI::detail::expected_max_vector_size) text.append("...");
  return text;
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  std::string text = option->get_description();
  if (option->get_required()) text.append(" (required)");
  const std::string fallback = option->get_default_str();
  if (option->get_type_size() != 0 && !fallback.empty()) StrAppend(&text, " [default: ", fallback, "]");
  return Wrap(text, kDescriptionColumns);
}

std::string HelpFormatter::make_subcommand(const CLI::App* app) const {
  std::ostringstream out;
  const std::string description = app->get_description();
  CLI::detail::format_help(out, app->get_name(),
                           Wrap(description.substr(0, description.find('\n')), kDescriptionColumns), kNameColumns);
  return out.str();
}

}  // namespace sluice
