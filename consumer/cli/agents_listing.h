// What `sluice agents` prints. Value in, text out.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::cli {

// A table; ages are relative to `now`. Why a configuration is not in use stands below it, a line an agent.
std::string AgentsTable(const std::vector<v1::Agent>& agents, absl::Time now, bool color);

// A row for each file, those with the most lag first, by agent; below it a line for each agent with files that are not
// listed.
std::string AgentFilesTable(const std::vector<v1::Agent>& agents, bool color);

// A JSON object a line, with the names of the protocol's fields; times as in RFC 3339, null if there is none. With
// "file_list" if it was asked for.
std::string AgentsJson(const std::vector<v1::Agent>& agents);

}  // namespace sluice::cli
