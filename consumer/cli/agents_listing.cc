#include "consumer/cli/agents_listing.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/strings.h"
#include "base/text.h"
#include "consumer/cli/color.h"
#include "consumer/cli/human.h"
#include "consumer/cli/json_object.h"
#include "consumer/cli/table.h"

namespace sluice::cli {
namespace {

using Align = Table::Align;

// A map of the protocol, in an order that stays.
template <typename Map>
std::map<std::string, uint64_t> Ordered(const Map& map) {
  return {map.begin(), map.end()};
}

// "1.2 KiB truncated, 10 B deleted".
std::string LostText(const v1::Agent& agent) {
  std::string text;
  for (const auto& [reason, bytes] : Ordered(agent.bytes_lost())) {
    if (bytes > 0) StrAppend(&text, text.empty() ? "" : ", ", HumanBytes(bytes), " ", reason);
  }
  return OrDash(text);
}

// "2.0 KiB, 3s"
std::string LagText(uint64_t bytes, uint64_t millis) {
  if (bytes == 0) return "-";
  std::string text = HumanBytes(bytes);
  if (millis >= 1000) StrAppend(&text, ", ", HumanDuration(absl::Milliseconds(millis)));
  return text;
}

std::string RateText(const v1::Agent& agent) {
  const auto rate = static_cast<uint64_t>(std::llround(std::max(agent.records_per_second(), 0.0)));
  return agent.connected() ? StrCat(HumanCount(rate), "/s") : "-";
}

std::string UpText(const v1::Agent& agent, absl::Time now) {
  if (!agent.connected() || !agent.has_start_time()) return "-";
  return HumanDuration(now - absl::FromUnixSeconds(agent.start_time().seconds()));
}

// "rotated_away" for FILE_STATE_ROTATED_AWAY.
std::string StateName(v1::FileState state) {
  constexpr std::string_view kPrefix = "FILE_STATE_";
  std::string name = v1::FileState_Name(state);
  if (!name.starts_with(kPrefix)) return "-";
  name.erase(0, kPrefix.size());
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

std::string_view StateColor(v1::FileState state) {
  switch (state) {
    case v1::FILE_STATE_LIVE:
      return kGreen;
    case v1::FILE_STATE_HELD:
    case v1::FILE_STATE_UNREADABLE:
      return kRed;
    default:
      return kYellow;
  }
}

uint64_t LagOf(const v1::AgentFile& file) { return file.size() - std::min(file.size(), file.acked_offset()); }

std::string FileListJson(const v1::AgentFiles& list) {
  std::string files = "[";
  for (const v1::AgentFile& file : list.files()) {
    if (files.size() > 1) files += ',';
    files += JsonObject()
                 .Text("path", file.path())
                 .Text("topic", file.topic())
                 .Number("size", file.size())
                 .Number("acked_offset", file.acked_offset())
                 .Number("lag_bytes", LagOf(file))
                 .Number("lag_millis", file.lag_millis())
                 .Text("state", StateName(file.state()))
                 .Close();
  }
  files += ']';
  JsonObject by_state;
  for (const auto& [state, count] : Ordered(list.by_state())) by_state.Number(state, count);
  return JsonObject().Raw("files", files).Number("omitted", list.omitted()).Object("by_state", by_state).Close();
}

}  // namespace

std::string AgentsTable(const std::vector<v1::Agent>& agents, absl::Time now, bool color) {
  Table table({{"AGENT"},
               {"HOST"},
               {"STATE"},
               {"UP", Align::kRight},
               {"SEEN", Align::kRight},
               {"FILES", Align::kRight},
               {"LAG", Align::kRight},
               {"RATE", Align::kRight},
               {"RECORDS", Align::kRight},
               {"LOST"},
               {"CONFIG"},
               {"VERSION"},
               {"PEER"}});
  std::string problems;
  for (const v1::Agent& agent : agents) {
    const std::string lost = LostText(agent);
    const bool config_is_bad = !agent.config_error().empty();
    table.AddRow({{agent.id()},
                  {OrDash(agent.host())},
                  {agent.connected() ? "connected" : "gone", agent.connected() ? kGreen : kRed},
                  {UpText(agent, now)},
                  {HumanAge(agent.has_last_seen(), agent.last_seen(), now)},
                  {HumanCount(agent.files())},
                  {LagText(agent.lag_bytes(), agent.lag_millis())},
                  {RateText(agent)},
                  {HumanCount(agent.records())},
                  {lost, lost != "-" ? kYellow : std::string_view()},
                  {config_is_bad ? "invalid" : "ok", config_is_bad ? kRed : std::string_view()},
                  {OrDash(agent.version())},
                  {OrDash(agent.peer())}});
    if (!config_is_bad) continue;
    StrAppend(&problems, agent.id(), ": goes on with the configuration before: ");
    AppendVisible(agent.config_error(), /*strip_cr=*/false, &problems);
    problems += '\n';
  }
  return table.Render(color) + problems;
}

std::string AgentFilesTable(const std::vector<v1::Agent>& agents, bool color) {
  Table table({{"AGENT"},
               {"STATE"},
               {"SIZE", Align::kRight},
               {"ACKED", Align::kRight},
               {"LAG", Align::kRight},
               {"TOPIC"},
               {"PATH"}});
  std::string more;
  for (const v1::Agent& agent : agents) {
    for (const v1::AgentFile& file : agent.file_list().files()) {
      table.AddRow({{agent.id()},
                    {StateName(file.state()), StateColor(file.state())},
                    {HumanCount(file.size())},
                    {HumanCount(file.acked_offset())},
                    {LagText(LagOf(file), file.lag_millis())},
                    {OrDash(file.topic()), TopicColor(file.topic())},
                    {OrDash(file.path())}});
    }
    if (const uint64_t omitted = agent.file_list().omitted(); omitted > 0) {
      StrAppend(&more, agent.id(), ": ", HumanCount(omitted), " more files, with less lag\n");
    }
  }
  return table.Render(color) + more;
}

std::string AgentsJson(const std::vector<v1::Agent>& agents) {
  std::string out;
  for (const v1::Agent& agent : agents) {
    JsonObject lost;
    for (const auto& [reason, bytes] : Ordered(agent.bytes_lost())) lost.Number(reason, bytes);
    JsonObject object;
    object.Text("id", agent.id())
        .Text("host", agent.host())
        .Text("version", agent.version())
        .Text("peer", agent.peer())
        .Bool("connected", agent.connected())
        .Time("connected_since", agent.has_connected_since(), agent.connected_since())
        .Time("last_seen", agent.has_last_seen(), agent.last_seen())
        .Time("start_time", agent.has_start_time(), agent.start_time())
        .Number("files", agent.files())
        .Number("lag_bytes", agent.lag_bytes())
        .Number("lag_millis", agent.lag_millis())
        .Real("records_per_second", agent.records_per_second())
        .Number("records", agent.records())
        .Object("bytes_lost", lost)
        .Text("config_error", agent.config_error());
    if (agent.has_file_list()) object.Raw("file_list", FileListJson(agent.file_list()));
    out += object.Close();
    out += '\n';
  }
  return out;
}

}  // namespace sluice::cli
