// The lists of topics and of agents, as LogService gives them.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "collector/log/event_log.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::collector {

// The topics that `request` asks for, by name. InvalidArgument names a bad glob.
absl::StatusOr<v1::ListTopicsResponse> ListTopics(const v1::ListTopicsRequest& request, EventLog* log);

// `connected` (those that were connected since the start) and the agents that only the log knows, by id; publishers if
// they are asked for. Lists of files are told up to 3 MiB, and counted beyond.
v1::ListAgentsResponse ListAgents(const v1::ListAgentsRequest& request, std::vector<v1::Agent> connected,
                                  EventLog* log);

}  // namespace sluice::collector
