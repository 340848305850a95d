#include "consumer/monitor/rules/rule.h"

#include <string_view>

#include "absl/strings/str_format.h"
#include "base/hash.h"
#include "base/strings.h"

namespace sluice::monitor {
namespace {

// Texts of which no two different lists are the same.
class Parts {
 public:
  Parts& Text(std::string_view text) {
    StrAppend(&all_, text.size(), ":", text);
    return *this;
  }
  template <typename T>
  Parts& Number(T value) {
    return Text(StrCat(value));
  }
  Parts& Of(const Filter& filter) {
    for (const Glob& glob : filter.topics) Text("topic").Text(glob.pattern());
    for (const Glob& glob : filter.paths) Text("path").Text(glob.pattern());
    for (const auto& [field, glob] : filter.fields) Text(field.text()).Text(glob.pattern());
    Number(static_cast<int>(filter.min_severity)).Text(filter.contains);
    return Text(filter.regex == nullptr ? "" : filter.regex->pattern());
  }
  std::string Hash() const { return absl::StrFormat("%016x", Xxh3(all_)); }

 private:
  std::string all_;
};

}  // namespace

std::string FingerprintOf(const Rule& rule) {
  Parts parts;
  parts.Text(rule.name).Number(static_cast<int>(rule.condition)).Text(rule.field ? rule.field->text() : "");
  parts.Number(rule.quantile).Of(rule.filter).Of(rule.of);
  for (const Field& field : rule.group_by) parts.Text("group").Text(field.text());
  parts.Number(absl::ToInt64Nanoseconds(rule.window)).Number(absl::ToInt64Nanoseconds(rule.hold));
  parts.Number(static_cast<int>(rule.direction)).Text(absl::StrFormat("%.17g %.17g", rule.threshold, rule.recover));
  parts.Number(rule.recover_beyond ? 1 : 0).Number(rule.minimum).Number(static_cast<int>(rule.severity));
  parts.Text(rule.message).Text(rule.recovery_message);
  for (const auto& [name, value] : rule.labels) parts.Text("label").Text(name).Text(value);
  parts.Number(rule.groups_max).Number(absl::ToInt64Nanoseconds(rule.forget));
  return parts.Hash();
}

}  // namespace sluice::monitor
