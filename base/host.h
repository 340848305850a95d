// Who and where this process is.
#pragma once

#include <string>

namespace sluice {

// The host's name; "localhost" if it has none.
std::string HostName();

// Where a program keeps what it must remember: /var/lib/sluice/NAME for root; for others $XDG_STATE_HOME/sluice/NAME or
// ~/.local/state/sluice/NAME.
std::string DefaultStateDirectory(const std::string& name);

}  // namespace sluice
