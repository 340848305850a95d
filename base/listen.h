// What the system says to a program that wants to listen, before it does: the libraries that listen do not tell why
// not.
#pragma once

#include "absl/status/statusor.h"
#include "base/address.h"

namespace sluice {

// The error of bind(2) to the first address of that host, or 0. NotFound with the resolver's words if there is none.
// Nothing stays bound.
absl::StatusOr<int> BindError(const HostPort& address);

// Returns when nobody has the port any more, and else after two seconds: see Patience.
void AwaitPort(const HostPort& address);

}  // namespace sluice
