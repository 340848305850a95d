#include "base/listen.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/patience.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice {

absl::StatusOr<int> BindError(const HostPort& address) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int resolved = getaddrinfo(address.host.c_str(), StrCat(address.port).c_str(), &hints, &found);
  if (resolved != 0) return NotFound("cannot resolve the host (", gai_strerror(resolved), ")");
  int error = 0;
  const int probe = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
  const int yes = 1;  // connections that are over do not count
  if (probe >= 0) setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (probe < 0 || bind(probe, found->ai_addr, found->ai_addrlen) != 0) error = errno;
  if (probe >= 0) close(probe);
  freeaddrinfo(found);
  return error;
}

void AwaitPort(const HostPort& address) {
  Patience patience;
  absl::StatusOr<int> error = BindError(address);
  while (error.ok() && *error == EADDRINUSE && patience.Wait()) error = BindError(address);
}

}  // namespace sluice
