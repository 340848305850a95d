// absl::Status with what each hop knows.
#pragma once

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/strings.h"

// Returns the status of the expression if it is an error.
#define SLUICE_RETURN_IF_ERROR(expression)                                                       \
  do {                                                                                           \
    if (absl::Status sluice_status_ = (expression); !sluice_status_.ok()) return sluice_status_; \
  } while (false)

#define SLUICE_CONCAT_INNER_(a, b) a##b
#define SLUICE_CONCAT_(a, b) SLUICE_CONCAT_INNER_(a, b)

// `SLUICE_ASSIGN_OR_RETURN(auto x, F())`: x is F()'s value, or F()'s error is returned.
#define SLUICE_ASSIGN_OR_RETURN(declaration, expression) \
  SLUICE_ASSIGN_OR_RETURN_IMPL_(SLUICE_CONCAT_(sluice_status_or_, __LINE__), declaration, expression)
#define SLUICE_ASSIGN_OR_RETURN_IMPL_(temporary, declaration, expression) \
  auto temporary = (expression);                                          \
  if (!temporary.ok()) return std::move(temporary).status();              \
  declaration = *std::move(temporary)

namespace sluice {

// "context: message", same code. OK stays OK.
inline absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), StrCat(context, ": ", status.message()));
}

// Errors from parts, as StrCat takes them: InvalidArgument("topic \"", topic, "\": …").
template <typename... T>
absl::Status MakeStatus(absl::StatusCode code, const T&... parts) {
  return absl::Status(code, StrCat(parts...));
}
template <typename... T>
absl::Status InvalidArgument(const T&... parts) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, parts...);
}
template <typename... T>
absl::Status NotFound(const T&... parts) {
  return MakeStatus(absl::StatusCode::kNotFound, parts...);
}
template <typename... T>
absl::Status AlreadyExists(const T&... parts) {
  return MakeStatus(absl::StatusCode::kAlreadyExists, parts...);
}
template <typename... T>
absl::Status PermissionDenied(const T&... parts) {
  return MakeStatus(absl::StatusCode::kPermissionDenied, parts...);
}
template <typename... T>
absl::Status ResourceExhausted(const T&... parts) {
  return MakeStatus(absl::StatusCode::kResourceExhausted, parts...);
}
template <typename... T>
absl::Status FailedPrecondition(const T&... parts) {
  return MakeStatus(absl::StatusCode::kFailedPrecondition, parts...);
}
template <typename... T>
absl::Status Unavailable(const T&... parts) {
  return MakeStatus(absl::StatusCode::kUnavailable, parts...);
}
template <typename... T>
absl::Status DataLoss(const T&... parts) {
  return MakeStatus(absl::StatusCode::kDataLoss, parts...);
}

// The message as std::string_view.
inline std::string_view MessageOf(const absl::Status& status) { return ToStd(status.message()); }

}  // namespace sluice
