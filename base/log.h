// The programs' own log: one structured line an event, on stderr.
//
//   log::Info("agent", "connected", {{"collector", address}, {"files", 12}});
//   text: 2026-11-20T09:15:39.123Z INFO  agent: connected collector=127.0.0.1:7070 files=12
//   json:
//   {"time":"2026-11-20T09:15:39.123Z","level":"info","component":"agent","msg":"connected","collector":"…","files":12}
//
// Values that come from outside (paths, lines) are quoted and escaped where they need it, so that one event is always
// one line and no control character reaches a terminal.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/status.h"

namespace sluice::log {

enum class Level { kDebug, kInfo, kWarn, kError };
enum class Format { kText, kJson };

// Once, before threads are started.
void Configure(Format format, Level level);

// A named value of an event.
class Field {
 public:
  Field(std::string_view name, std::string_view value) : name_(name), value_(value), quoted_(true) {}
  Field(std::string_view name, const char* value) : Field(name, std::string_view(value)) {}
  Field(std::string_view name, const std::string& value) : Field(name, std::string_view(value)) {}
  Field(std::string_view name, const absl::Status& status) : Field(name, status.ToString()) {}
  Field(std::string_view name, bool value) : name_(name), value_(value ? "true" : "false"), quoted_(false) {}
  template <typename T>
    requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
  Field(std::string_view name, T value) : name_(name), value_(std::to_string(value)), quoted_(false) {}

  std::string_view name() const { return name_; }
  std::string_view value() const { return value_; }
  // False for numbers and booleans, which JSON writes bare.
  bool quoted() const { return quoted_; }

 private:
  std::string_view name_;
  std::string value_;
  bool quoted_;
};

using Fields = std::initializer_list<Field>;

// Thread-safe. `component` and `message` are literals in the program's own words.
void Write(Level level, std::string_view component, std::string_view message, Fields fields = {});

inline void Debug(std::string_view c, std::string_view m, Fields f = {}) { Write(Level::kDebug, c, m, f); }
inline void Info(std::string_view c, std::string_view m, Fields f = {}) { Write(Level::kInfo, c, m, f); }
inline void Warn(std::string_view c, std::string_view m, Fields f = {}) { Write(Level::kWarn, c, m, f); }
inline void Error(std::string_view c, std::string_view m, Fields f = {}) { Write(Level::kError, c, m, f); }

// One event as a line without its newline; what Write prints. For tests.
std::string FormatLine(Format format, Level level, int64_t unix_nanos, std::string_view component,
                       std::string_view message, Fields fields);

}  // namespace sluice::log
