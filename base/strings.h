// Debian builds Abseil with its own absl::string_view, which std::string_view does not turn into by itself. Code of
// ours says std::string_view everywhere; these few functions are the bridge.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice {

inline absl::string_view ToAbsl(std::string_view text) { return absl::string_view(text.data(), text.size()); }
inline std::string_view ToStd(absl::string_view text) { return std::string_view(text.data(), text.size()); }

namespace internal {
template <typename T>
decltype(auto) AbslArgument(const T& value) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return ToAbsl(value);
  } else {
    return (value);
  }
}
}  // namespace internal

// absl::StrCat that takes std::string_view, too.
template <typename... T>
std::string StrCat(const T&... parts) {
  return absl::StrCat(internal::AbslArgument(parts)...);
}

template <typename... T>
void StrAppend(std::string* out, const T&... parts) {
  absl::StrAppend(out, internal::AbslArgument(parts)...);
}

}  // namespace sluice
