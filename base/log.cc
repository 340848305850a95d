#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::log {
namespace {

// How the levels are written, by number: in text (all of one width), in colour on a terminal, and in JSON.
constexpr std::string_view kTextLevels[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};
constexpr std::string_view kColors[] = {"\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[1;31m"};
constexpr std::string_view kColorEnd = "\x1b[0m";
constexpr std::string_view kJsonLevels[] = {"debug", "info", "warn", "error"};

constexpr spdlog::level::level_enum kSpdlogLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                       spdlog::level::err};

void AppendTime(int64_t unix_nanos, std::string* out) {
  out->append(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixNanos(unix_nanos), absl::UTCTimeZone()));
}

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  while (!value.empty()) {
    const Utf8Char c = DecodeUtf8(value);
    if (!c.valid || c.code_point == ' ' || c.code_point == '\t' || c.code_point == '"' || c.code_point == '=' ||
        IsControl(c.code_point)) {
      return true;
    }
    value.remove_prefix(c.size);
  }
  return false;
}

// Quoted if it has to be; then a quote and a backslash are escaped, too.
void AppendTextValue(std::string_view value, std::string* out) {
  if (!NeedsQuotes(value)) {
    out->append(value);
    return;
  }
  out->push_back('"');
  while (!value.empty()) {
    const size_t special = std::min(value.find_first_of("\"\\\t"), value.size());
    AppendVisible(value.substr(0, special), /*strip_cr=*/false, out);
    if (special < value.size()) {
      out->push_back('\\');
      out->push_back(value[special] == '\t' ? 't' : value[special]);
    }
    value.remove_prefix(std::min(special + 1, value.size()));
  }
  out->push_back('"');
}

// Numbers and booleans; but JSON has no number for what is not finite.
bool IsBareInJson(const Field& field) {
  return !field.quoted() && field.value().find("nan") == std::string_view::npos &&
         field.value().find("inf") == std::string_view::npos;
}

std::string FormatText(bool color, Level level, int64_t unix_nanos, std::string_view component,
                       std::string_view message, Fields fields) {
  const auto index = static_cast<size_t>(level);
  std::string line;
  AppendTime(unix_nanos, &line);
  line.push_back(' ');
  if (color) line.append(kColors[index]);
  line.append(kTextLevels[index]);
  if (color) line.append(kColorEnd);
  line.push_back(' ');
  AppendVisible(component, /*strip_cr=*/false, &line);
  line.append(": ");
  AppendVisible(message, /*strip_cr=*/false, &line);
  for (const Field& field : fields) {
    StrAppend(&line, " ", field.name(), "=");
    AppendTextValue(field.value(), &line);
  }
  return line;
}

std::string FormatJson(Level level, int64_t unix_nanos, std::string_view component, std::string_view message,
                       Fields fields) {
  std::string line = "{\"time\":\"";
  AppendTime(unix_nanos, &line);
  StrAppend(&line, "\",\"level\":\"", kJsonLevels[static_cast<size_t>(level)], "\",\"component\":");
  AppendJsonString(component, &line);
  line.append(",\"msg\":");
  AppendJsonString(message, &line);
  for (const Field& field : fields) {
    line.push_back(',');
    AppendJsonString(field.name(), &line);
    line.push_back(':');
    if (IsBareInJson(field)) {
      line.append(field.value());
    } else {
      AppendJsonString(field.value(), &line);
    }
  }
  line.push_back('}');
  return line;
}

bool StderrTakesColor() {
  const char* const terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) && std::getenv("NO_COLOR") == nullptr && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

// What Configure sets and Write uses.
struct Output {
  Format format = Format::kText;
  Level level = Level::kInfo;
  const bool color = StderrTakesColor();
  spdlog::logger logger{"", std::make_shared<spdlog::sinks::stderr_sink_mt>()};

  Output() {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);  // Write has decided already
  }
};

// Never destroyed: threads may log until the process ends.
Output& TheOutput() {
  static Output* const output = new Output;
  return *output;
}

}  // namespace

void Configure(Format format, Level level) {
  TheOutput().format = format;
  TheOutput().level = level;
}

void Write(Level level, std::string_view component, std::string_view message, Fields fields) {
  Output& output = TheOutput();
  if (level < output.level) return;
  const int64_t now = SystemClock()->UnixNanos();
  const std::string line = output.format == Format::kJson
                               ? FormatJson(level, now, component, message, fields)
                               : FormatText(output.color, level, now, component, message, fields);
  output.logger.log(kSpdlogLevels[static_cast<size_t>(level)], spdlog::string_view_t(line.data(), line.size()));
}

std::string FormatLine(Format format, Level level, int64_t unix_nanos, std::string_view component,
                       std::string_view message, Fields fields) {
  return format == Format::kJson ? FormatJson(level, unix_nanos, component, message, fields)
                                 : FormatText(/*color=*/false, level, unix_nanos, component, message, fields);
}

}  // namespace sluice::log
