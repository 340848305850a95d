// Which of a line's fields become attributes: `fields: all | none | [names]`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::agent {

// Immutable, thread-safe.
class FieldSelection {
 public:
  static constexpr size_t kNamesMax = 127;
  static constexpr size_t kNameBytesMax = 256;

  static FieldSelection None() { return FieldSelection(); }
  static FieldSelection All();
  // InvalidArgument if there are none, too many, or one is empty, too long or not UTF-8. A name that is there twice
  // counts once.
  static absl::StatusOr<FieldSelection> Named(const std::vector<std::string>& names);

  bool none() const { return !all_ && names_.empty(); }
  bool all() const { return all_; }
  const std::vector<std::string>& names() const { return names_; }  // empty but for Named

  bool Wants(std::string_view name) const {
    return all_ || ((lengths_ >> (name.size() & 63) & 1) != 0 && IsNamed(name));
  }
  // If a field inside of the object `name` is wanted: "http.status" is one of "http".
  bool WantsInside(std::string_view name) const;

  friend bool operator==(const FieldSelection&, const FieldSelection&) = default;

 private:
  bool IsNamed(std::string_view name) const;

  bool all_ = false;
  uint64_t lengths_ = 0;  // of the names, modulo 64: most names are seen at once not to be wanted
  std::vector<std::string> names_;
};

}  // namespace sluice::agent
