// What rules look at in a record, by name: "topic", "labels.service", "attributes.user", "access.status".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "consumer/monitor/rules/line.h"

namespace sluice::monitor {

// Value type; immutable.
class Field {
 public:
  // InvalidArgument: "found …; expected …".
  static absl::StatusOr<Field> Parse(std::string_view text);

  // As it was written.
  const std::string& text() const { return text_; }
  // True if all records of a batch have the same value.
  bool shared() const { return kind_ <= Kind::kLabel; }

  // Nothing if there is no such value. The line's record is looked at only if the field is not shared. The view lives
  // until the next field is asked for, or the line is set to another record.
  std::optional<std::string_view> Of(const Line& line) const;
  // Nothing if there is no such value, or it is no number.
  std::optional<double> NumberOf(const Line& line) const;

  friend bool operator==(const Field& a, const Field& b) { return a.text_ == b.text_; }

 private:
  enum class Kind {
    kTopic,
    kHost,
    kAgent,
    kPath,
    kSource,
    kLabel,
    kSeverity,
    kBody,
    kAttribute,
    kMethod,
    kAccessPath,
    kSection,
    kStatus,
    kClient,
    kBytes,
    kLatency
  };
  std::optional<std::string_view> OfAccess(const Line& line) const;
  Field(Kind kind, std::string_view name, std::string_view text) : kind_(kind), name_(name), text_(text) {}

  Kind kind_;
  std::string name_;  // of a label, of an attribute
  std::string text_;
};

// The number that a value says, or nothing: "12", "-0.5", "1e3"; not "12ms", "nan" or "inf".
std::optional<double> ParseNumber(std::string_view text);

}  // namespace sluice::monitor
