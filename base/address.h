// HOST:PORT, and what may be listened on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice {

struct HostPort {
  std::string host;  // without brackets
  uint16_t port = 0;
  std::string ToString() const;  // "[::1]:7070" for IPv6
};

// "127.0.0.1:7070", "[::1]:7070", "localhost:7070", ":7070" is an error that says to name a host. Port 0 is allowed:
// the system chooses.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

// True for 127.0.0.0/8, ::1 and "localhost".
bool IsLoopback(const HostPort& address);

// FailedPrecondition with what to do, if `address` is not loopback and neither `tls` nor `insecure` is set.
absl::Status CheckListenAddress(const HostPort& address, bool tls, bool insecure);
// "HOST:PORT" of an address to listen on that passes CheckListenAddress.
absl::StatusOr<HostPort> ParseListenAddress(std::string_view text, bool tls, bool insecure);

}  // namespace sluice
