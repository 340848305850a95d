// `sluice-collector --explain-route FILE`: what the routes do with records.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "collector/route/router.h"

namespace sluice::collector {

// What becomes of one record, "route errors -> shop, critical", "no route -> shop", "route noise -> dropped". `json` is
// an object with any of topic, path, agent, source, severity (a name or a number), labels, body. InvalidArgument says
// what is wrong with it.
absl::StatusOr<std::string> ExplainRecord(const Router& router, std::string_view json);

// Of each line of `lines`, with its number. Lines without anything are passed over. Sets `ok` to false if one of them
// could not be explained: the text says why.
std::string ExplainLines(const Router& router, std::string_view lines, bool* ok);

}  // namespace sluice::collector
