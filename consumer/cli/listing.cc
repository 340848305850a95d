#include "consumer/cli/listing.h"

#include <map>
#include <utility>

#include "base/strings.h"
#include "base/text.h"
#include "consumer/cli/color.h"
#include "consumer/cli/human.h"
#include "consumer/cli/json_text.h"
#include "consumer/cli/table.h"

namespace sluice::cli {
namespace {

using Align = Table::Align;
using google::protobuf::Timestamp;

// What the members of a group divide among them.
constexpr int kSlots = 64;

absl::Time ToTime(const Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

std::string Age(bool known, const Timestamp& timestamp, absl::Time now) {
  return known ? HumanAge(now - ToTime(timestamp)) : "-";
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

// "1.2 KiB truncated, 10 B deleted".
std::string LostText(const v1::Agent& agent) {
  std::string text;
  for (const auto& [reason, bytes] :
       std::map<std::string, uint64_t>(agent.bytes_lost().begin(), agent.bytes_lost().end())) {
    if (bytes > 0) StrAppend(&text, text.empty() ? "" : ", ", HumanBytes(bytes), " ", reason);
  }
  return OrDash(text);
}

// One object, field by field.
class JsonObject {
 public:
  JsonObject& Text(std::string_view name, std::string_view value) {
    AppendJsonString(value, Name(name));
    return *this;
  }
  JsonObject& Number(std::string_view name, uint64_t value) {
    StrAppend(Name(name), value);
    return *this;
  }
  JsonObject& Bool(std::string_view name, bool value) {
    *Name(name) += value ? "true" : "false";
    return *this;
  }
  JsonObject& Time(std::string_view name, bool known, const Timestamp& value) {
    std::string* out = Name(name);
    if (known && value.seconds() >= 0) {
      JsonTime().Append(static_cast<uint64_t>(value.seconds()) * 1'000'000'000 + value.nanos(), out);
    } else {
      *out += "null";
    }
    return *this;
  }
  // `json` as it is.
  JsonObject& Raw(std::string_view name, std::string_view json) {
    *Name(name) += json;
    return *this;
  }
  JsonObject& Object(std::string_view name, const JsonObject& value) {
    *Name(name) += value.Close();
    return *this;
  }
  std::string Close() const { return text_ + "}"; }

 private:
  std::string* Name(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    AppendJsonString(name, &text_);
    text_ += ':';
    return &text_;
  }
  std::string text_ = "{";
};

}  // namespace

std::string TopicsTable(const std::vector<v1::Topic>& topics, absl::Time now, bool color) {
  Table table({{"TOPIC"},
               {"RECORDS", Align::kRight},
               {"SIZE", Align::kRight},
               {"OLDEST", Align::kRight},
               {"NEWEST", Align::kRight}});
  for (const v1::Topic& topic : topics) {
    table.AddRow({{topic.name(), TopicColor(topic.name())},
                  {HumanCount(topic.records())},
                  {HumanBytes(topic.bytes())},
                  {Age(topic.has_first_append_time(), topic.first_append_time(), now)},
                  {Age(topic.has_last_append_time(), topic.last_append_time(), now)}});
  }
  return table.Render(color);
}

std::string AgentsTable(const std::vector<v1::Agent>& agents, absl::Time now, bool color) {
  Table table({{"AGENT"},
               {"HOST"},
               {"STATE"},
               {"SINCE", Align::kRight},
               {"FILES", Align::kRight},
               {"LAG", Align::kRight},
               {"RECORDS", Align::kRight},
               {"LOST"},
               {"VERSION"},
               {"PEER"}});
  for (const v1::Agent& agent : agents) {
    const bool lost = LostText(agent) != "-";
    std::string since = agent.connected() ? Age(agent.has_connected_since(), agent.connected_since(), now)
                                          : Age(agent.has_last_seen(), agent.last_seen(), now);
    table.AddRow({{agent.id()},
                  {OrDash(agent.host())},
                  {agent.connected() ? "connected" : "gone", agent.connected() ? kGreen : kRed},
                  {std::move(since)},
                  {HumanCount(agent.files())},
                  {HumanBytes(agent.lag_bytes())},
                  {HumanCount(agent.records())},
                  {LostText(agent), lost ? kYellow : std::string_view()},
                  {OrDash(agent.version())},
                  {OrDash(agent.peer())}});
  }
  return table.Render(color);
}

std::string GroupsTable(const std::vector<v1::Group>& groups, absl::Time now, bool color) {
  Table table({{"GROUP"},
               {"LAG", Align::kRight},
               {"LAST USED", Align::kRight},
               {"MEMBER"},
               {"SHARE", Align::kRight},
               {"PENDING", Align::kRight},
               {"PEER"}});
  for (const v1::Group& group : groups) {
    std::string lag = group.has_lag_records() ? HumanCount(group.lag_records()) : "-";
    if (group.members().empty()) {
      table.AddRow(
          {{group.name()}, {lag}, {Age(group.has_last_used(), group.last_used(), now)}, {"-"}, {"-"}, {"-"}, {"-"}});
    }
    for (int i = 0; i < group.members_size(); ++i) {
      const v1::GroupMember& member = group.members(i);
      table.AddRow({{i == 0 ? group.name() : ""},
                    {i == 0 ? lag : ""},
                    {i == 0 ? "now" : ""},
                    {member.member()},
                    {StrCat(member.slots(), "/", kSlots)},
                    {HumanCount(member.unacknowledged())},
                    {OrDash(member.peer())}});
    }
  }
  return table.Render(color);
}

std::string TopicsJson(const std::vector<v1::Topic>& topics) {
  std::string out;
  for (const v1::Topic& topic : topics) {
    out += JsonObject()
               .Text("name", topic.name())
               .Number("records", topic.records())
               .Number("bytes", topic.bytes())
               .Time("first_append_time", topic.has_first_append_time(), topic.first_append_time())
               .Time("last_append_time", topic.has_last_append_time(), topic.last_append_time())
               .Number("records_appended", topic.records_appended())
               .Close();
    out += '\n';
  }
  return out;
}

std::string AgentsJson(const std::vector<v1::Agent>& agents) {
  std::string out;
  for (const v1::Agent& agent : agents) {
    JsonObject lost;
    for (const auto& [reason, bytes] :
         std::map<std::string, uint64_t>(agent.bytes_lost().begin(), agent.bytes_lost().end())) {
      lost.Number(reason, bytes);
    }
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
        .Number("records", agent.records())
        .Object("bytes_lost", lost);
    out += object.Close();
    out += '\n';
  }
  return out;
}

std::string GroupsJson(const std::vector<v1::Group>& groups) {
  std::string text;
  for (const v1::Group& group : groups) {
    std::string members;
    for (const v1::GroupMember& member : group.members()) {
      StrAppend(&members, members.empty() ? "" : ",",
                JsonObject()
                    .Text("member", member.member())
                    .Number("slots", member.slots())
                    .Number("unacknowledged", member.unacknowledged())
                    .Text("peer", member.peer())
                    .Close());
    }
    std::string topics;
    for (const std::string& topic : group.topics()) {
      if (!topics.empty()) topics += ',';
      AppendJsonString(topic, &topics);
    }
    JsonObject object;
    object.Text("name", group.name())
        .Raw("lag_records", group.has_lag_records() ? StrCat(group.lag_records()) : "null")
        .Time("last_used", group.has_last_used(), group.last_used())
        .Raw("topics", StrCat("[", topics, "]"))
        .Raw("members", StrCat("[", members, "]"));
    StrAppend(&text, object.Close(), "\n");
  }
  return text;
}

}  // namespace sluice::cli
