#include "collector/subscribe/catalog.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "collector/subscribe/filter.h"
#include "collector/support/timestamp.h"

namespace sluice::collector {
namespace {

// Of a response: gRPC's clients take 4 MiB unless they are told otherwise.
constexpr size_t kFilesBytesMax = 3 << 20;

// Says how many there are instead.
void OmitFiles(v1::Agent* agent) {
  v1::AgentFiles* files = agent->mutable_file_list();
  files->set_omitted(files->omitted() + static_cast<uint64_t>(files->files_size()));
  files->clear_files();
}

}  // namespace

absl::StatusOr<v1::ListTopicsResponse> ListTopics(const v1::ListTopicsRequest& request, EventLog* log) {
  v1::SubscribeRequest wanted;
  *wanted.mutable_topics() = request.topics();
  SLUICE_ASSIGN_OR_RETURN(Filter filter, Filter::Compile(wanted));
  v1::ListTopicsResponse response;
  for (const TopicInfo& info : log->Topics()) {
    if (!filter.MatchesTopic(info.name)) continue;
    v1::Topic* topic = response.add_topics();
    topic->set_name(info.name);
    topic->set_records(info.records);
    topic->set_bytes(info.bytes);
    topic->set_records_appended(info.records_appended);
    if (info.first_append_unix_nano == 0) continue;
    *topic->mutable_first_append_time() = ToTimestamp(info.first_append_unix_nano);
    *topic->mutable_last_append_time() = ToTimestamp(info.last_append_unix_nano);
  }
  return response;
}

v1::ListAgentsResponse ListAgents(const v1::ListAgentsRequest& request, std::vector<v1::Agent> connected,
                                  EventLog* log) {
  v1::ListAgentsResponse response;
  const size_t known = connected.size();
  for (const std::string& id : log->Agents()) {
    auto end = connected.begin() + static_cast<std::ptrdiff_t>(known);
    auto same = std::lower_bound(connected.begin(), end, id,
                                 [](const v1::Agent& agent, const std::string& other) { return agent.id() < other; });
    if (same == end || same->id() != id) connected.emplace_back().set_id(id);
  }
  for (v1::Agent& agent : connected) agent.set_publisher(IsPublisher(agent.id()));
  if (!request.publishers()) std::erase_if(connected, [](const v1::Agent& agent) { return agent.publisher(); });
  std::sort(connected.begin(), connected.end(), [](const v1::Agent& a, const v1::Agent& b) { return a.id() < b.id(); });
  size_t files_bytes = 0;
  for (v1::Agent& agent : connected) {
    files_bytes += agent.file_list().ByteSizeLong();
    if (files_bytes > kFilesBytesMax) OmitFiles(&agent);
    *response.add_agents() = std::move(agent);
  }
  return response;
}

}  // namespace sluice::collector
