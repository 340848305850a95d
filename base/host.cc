#include "base/host.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace sluice {

std::string HostName() {
  std::array<char, 256> name = {};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

std::string DefaultStateDirectory(const std::string& name) {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (geteuid() != 0 && state != nullptr && *state == '/') return std::string(state) + "/sluice/" + name;
  if (geteuid() != 0 && home != nullptr) return std::string(home) + "/.local/state/sluice/" + name;
  return "/var/lib/sluice/" + name;
}

}  // namespace sluice
