#include "consumer/cli/listing.h"

#include "base/strings.h"
#include "base/text.h"
#include "consumer/cli/color.h"
#include "consumer/cli/human.h"
#include "consumer/cli/json_object.h"
#include "consumer/cli/table.h"

namespace sluice::cli {
namespace {

using Align = Table::Align;
// What the members of a group divide among them.
constexpr int kSlots = 64;

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
                  {HumanAge(topic.has_first_append_time(), topic.first_append_time(), now)},
                  {HumanAge(topic.has_last_append_time(), topic.last_append_time(), now)}});
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
      table.AddRow({{group.name()},
                    {lag},
                    {HumanAge(group.has_last_used(), group.last_used(), now)},
                    {"-"},
                    {"-"},
                    {"-"},
                    {"-"}});
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
