// What a collector would refuse of the command line's arguments, refused before one is asked. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "consumer/client/subscription.h"

namespace sluice::cli {

// InvalidArgument names the glob and what is wrong with it.
absl::Status CheckTopicGlobs(const std::vector<std::string>& globs);

// InvalidArgument names the flag of `sluice tail` and what is wrong with it: of a regular expression RE2's reason. A
// cursor is the collector's own: it is not looked at.
absl::Status CheckSubscription(const client::SubscribeOptions& options);

}  // namespace sluice::cli
