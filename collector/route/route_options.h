// Routes as they are configured.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "collector/log/dead_letter.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector {

// What a record has to be; everything that is set. Globs; empty: any.
struct RouteMatch {
  std::string topic = {};
  std::string path = {};  // `*` stops at '/', `**` does not
  std::string agent = {};
  std::string source = {};
  std::map<std::string, std::string> labels = {};        // the label is there, and its value matches
  v1::Severity min_severity = v1::SEVERITY_UNSPECIFIED;  // this or above
  std::string regex = {};                                // RE2, found somewhere in the exact line
};

// One of `routes:`. Topics are templates; see route_template.h.
struct RouteOptions {
  std::string name;
  RouteMatch match;
  std::string topic = {};  // empty: as it is
  std::vector<std::string> copy_to = {};
  bool drop = false;
};

struct RoutingOptions {
  std::vector<RouteOptions> routes;
  DeadLetterOptions dead_letters;
};

}  // namespace sluice::collector
