// `routes:` and `dead_letters:` of the collector's configuration.
#pragma once

#include "base/config.h"
#include "collector/route/route_options.h"

namespace sluice::collector {

// Errors go to the file.
RoutingOptions ReadRouting(const ConfigNode& root);

}  // namespace sluice::collector
