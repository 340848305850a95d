#include "agent/parse/formats.h"

#include "agent/parse/access.h"
#include "agent/parse/json_fields.h"
#include "agent/parse/klog.h"
#include "agent/parse/logfmt.h"
#include "agent/parse/syslog.h"

namespace sluice::agent {
namespace {

constexpr std::string_view kNoPair = "no name=value pair";
constexpr std::string_view kNoRow = "no access log line, and no row of the columns that #Fields names";
constexpr std::string_view kNoMatch = "no match of the pattern";

}  // namespace

std::string_view JsonFormat::Parse(std::string_view line, const FormatOptions& options, TimeReader* times,
                                   ParsedLine* out) {
  return ParseJsonFields(line, options.fields, times, out);
}

std::string_view LogfmtFormat::Parse(std::string_view line, const FormatOptions& options, TimeReader* times,
                                     ParsedLine* out) {
  return ParseLogfmtFields(line, options.fields, times, out) ? std::string_view() : kNoPair;
}

bool ParseW3c(std::string_view line, const W3cColumns& columns, const FormatOptions& options, TimeReader* times,
              ParsedLine* out) {
  if (options.fields.none() && !options.severity_from_status) {
    return columns.ParseRow(line, times, out) || ParseAccess(line, times, out);
  }
  return columns.ParseRowFields(line, options.fields, options.severity_from_status, times, out) ||
         ParseAccessFields(line, options.fields, options.severity_from_status, times, out);
}

W3cFormat::W3cFormat(const FormatOptions& options)
    : columns(/*keep_names=*/!options.fields.none() || options.severity_from_status) {}

std::string_view W3cFormat::Parse(std::string_view line, const FormatOptions& options, TimeReader* times,
                                  ParsedLine* out) {
  if (columns.ReadDirective(line) || ParseW3c(line, columns, options, times, out)) return {};
  return kNoRow;
}

std::string_view SyslogFormat::Parse(std::string_view line, const FormatOptions& options, TimeReader* times,
                                     ParsedLine* out) {
  return ParseSyslog(line, options.fields, times, out);
}

std::string_view KlogFormat::Parse(std::string_view line, const FormatOptions& options, TimeReader* times,
                                   ParsedLine* out) {
  return ParseKlog(line, options.fields, times, out);
}

std::string_view RegexFormat::Parse(std::string_view line, const FormatOptions& options, TimeReader* times,
                                    ParsedLine* out) {
  return options.regex->Parse(line, times, out) ? std::string_view() : kNoMatch;
}

}  // namespace sluice::agent
