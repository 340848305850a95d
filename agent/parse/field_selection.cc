#include "agent/parse/field_selection.h"

#include <algorithm>

#include "base/status.h"
#include "base/text.h"

namespace sluice::agent {

FieldSelection FieldSelection::All() {
  FieldSelection selection;
  selection.all_ = true;
  return selection;
}

absl::StatusOr<FieldSelection> FieldSelection::Named(const std::vector<std::string>& names) {
  FieldSelection selection;
  if (names.empty()) return InvalidArgument("found an empty list; name the fields that are wanted, or say none");
  if (names.size() > kNamesMax) {
    return InvalidArgument("found ", names.size(), " names; at most ", kNamesMax, " are allowed");
  }
  for (const std::string& name : names) {
    if (name.empty() || name.size() > kNameBytesMax || !IsValidUtf8(name)) {
      return InvalidArgument("found ", Quoted(name), "; a field's name has 1 to ", kNameBytesMax, " bytes of text");
    }
    if (selection.IsNamed(name)) continue;
    selection.names_.push_back(name);
    selection.lengths_ |= uint64_t{1} << (name.size() & 63);
  }
  return selection;
}

bool FieldSelection::IsNamed(std::string_view name) const { return std::ranges::find(names_, name) != names_.end(); }

bool FieldSelection::WantsInside(std::string_view name) const {
  return all_ || std::ranges::any_of(names_, [name](std::string_view wanted) {
           return wanted.size() > name.size() && wanted[name.size()] == '.' && wanted.starts_with(name);
         });
}

}  // namespace sluice::agent
