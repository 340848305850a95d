// What `sluice topics` and `sluice groups` print. Value in, text out.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::cli {

// A table; ages are relative to `now`.
std::string TopicsTable(const std::vector<v1::Topic>& topics, absl::Time now, bool color);
std::string GroupsTable(const std::vector<v1::Group>& groups, absl::Time now, bool color);

// A JSON object a line, with the names of the protocol's fields; times as in RFC 3339, null if there is none.
std::string TopicsJson(const std::vector<v1::Topic>& topics);
std::string GroupsJson(const std::vector<v1::Group>& groups);

}  // namespace sluice::cli
