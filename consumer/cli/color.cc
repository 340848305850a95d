#include "consumer/cli/color.h"

#include <array>
#include <cstdlib>

#include "base/hash.h"
#include "consumer/cli/output.h"

namespace sluice::cli {

bool UseColor(ColorMode mode, std::FILE* file) {
  if (mode != ColorMode::kAuto) return mode == ColorMode::kAlways;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  bool refused = no_color != nullptr && *no_color != '\0';
  bool able = term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
  return IsTerminal(file) && able && !refused;
}

std::string_view TopicColor(std::string_view topic) {
  // Of the 256 colours, those that can be read on black and on white and are neither red nor yellow: these say
  // something.
  static constexpr std::array<std::string_view, 12> kColors = {
      "\x1b[38;5;32m",  "\x1b[38;5;37m",  "\x1b[38;5;63m",  "\x1b[38;5;69m",  "\x1b[38;5;71m",  "\x1b[38;5;98m",
      "\x1b[38;5;103m", "\x1b[38;5;108m", "\x1b[38;5;134m", "\x1b[38;5;137m", "\x1b[38;5;139m", "\x1b[38;5;170m"};
  return kColors[Xxh3(topic) % kColors.size()];
}

std::string_view SeverityColor(v1::Severity severity) {
  if (severity >= v1::SEVERITY_FATAL) return "\x1b[1;37;41m";
  if (severity >= v1::SEVERITY_ERROR) return "\x1b[1;31m";
  if (severity >= v1::SEVERITY_WARN) return "\x1b[33m";
  if (severity >= v1::SEVERITY_INFO) return "\x1b[32m";
  if (severity >= v1::SEVERITY_DEBUG) return "\x1b[36m";
  return kDim;
}

}  // namespace sluice::cli
