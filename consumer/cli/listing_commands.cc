// `sluice topics` and `sluice agents`.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "consumer/cli/agents_listing.h"
#include "consumer/cli/color.h"
#include "consumer/cli/command.h"
#include "consumer/cli/connection_flags.h"
#include "consumer/cli/listing.h"
#include "consumer/cli/listing_flags.h"
#include "consumer/cli/output.h"
#include "consumer/cli/run_until_stopped.h"
#include "consumer/cli/subscription_check.h"

namespace sluice::cli {
namespace {

class ListingCommand : public Command {
 public:
  int Run(StopSignal* stop) final {
    absl::StatusOr<std::unique_ptr<client::Client>> client = MakeClient(connection_);
    if (!client.ok()) return UsageError(client.status());
    if (absl::Status arguments = Check(); !arguments.ok()) return UsageError(arguments);
    // There is nothing to drain: a signal ends it in the middle of the call.
    return RunUntilStopped(stop, [&] { return Print(client->get()); }, [] { std::_Exit(kExitOk); });
  }

 protected:
  ListingCommand(CLI::App* program, const char* name, const char* description) : Command(program, name, description) {
    AddListingFlags(app(), &flags_);
    AddConnectionFlags(app(), &connection_);
  }

  // If the arguments can be right, as far as that is known without a collector.
  virtual absl::Status Check() const { return absl::OkStatus(); }
  // What to print.
  virtual absl::StatusOr<std::string> List(client::Client* client) = 0;

  bool json() const { return flags_.json; }
  bool color() const { return UseColor(flags_.color, stdout); }
  static absl::Time Now() { return absl::FromUnixNanos(SystemClock()->UnixNanos()); }
  // For the people in front of a table with nothing in it.
  void SayEmpty(std::string_view why) const {
    if (!flags_.json) std::cerr << why << std::endl;
  }

 private:
  int Print(client::Client* client) {
    absl::StatusOr<std::string> text = List(client);
    if (!text.ok()) return Failure(text.status());
    Output output;
    *output.buffer() = *std::move(text);
    output.Flush();
    return output.status().ok() ? kExitOk : Failure(output.status());
  }

  ConnectionFlags connection_;
  ListingFlags flags_;
};

class TopicsCommand final : public ListingCommand {
 public:
  explicit TopicsCommand(CLI::App* program)
      : ListingCommand(program, "topics", "List the topics: how many records, how large, how old.") {
    app()->add_option("TOPIC_GLOB", globs_, "Topics; * ? [a-z] {a,b} as in a shell. None: all (but sluice.events)");
    app()->footer(R"(Examples:
  sluice topics
  sluice topics 'shop.*'
  sluice topics --output json | jq -r 'select(.records > 1000) | .name')");
  }

 private:
  absl::Status Check() const override { return CheckTopicGlobs(globs_); }
  absl::StatusOr<std::string> List(client::Client* client) override {
    SLUICE_ASSIGN_OR_RETURN(std::vector<v1::Topic> topics, client->ListTopics(globs_));
    if (topics.empty()) SayEmpty(globs_.empty() ? "no topics: no agent has sent anything yet" : "no topic matches");
    return json() ? TopicsJson(topics) : TopicsTable(topics, Now(), color());
  }

  std::vector<std::string> globs_;
};

class AgentsCommand final : public ListingCommand {
 public:
  explicit AgentsCommand(CLI::App* program)
      : ListingCommand(program, "agents", "List the agents: which are connected, and how far behind they are.") {
    app()->add_option("AGENT", agents_, "Only these agents, by id. None: all");
    app()->add_flag("--files", files_, "The files that they follow, those with the most lag first")->group("Output");
    app()->add_flag("--publishers", publishers_, "Also the programs that publish by themselves")->group("Output");
    app()->footer(R"(Examples:
  sluice agents
  sluice agents web-1 --files
  sluice agents --output json | jq -r 'select(.connected | not) | .id')");
  }

 private:
  absl::StatusOr<std::string> List(client::Client* client) override {
    SLUICE_ASSIGN_OR_RETURN(std::vector<v1::Agent> agents, client->ListAgents(files_, publishers_));
    auto is_unwanted = [this](const v1::Agent& agent) {
      return !agents_.empty() && std::find(agents_.begin(), agents_.end(), agent.id()) == agents_.end();
    };
    std::erase_if(agents, is_unwanted);
    if (agents.empty()) SayEmpty(agents_.empty() ? "no agents: none has ever connected" : "no agent has that id");
    if (json()) return AgentsJson(agents);
    return files_ ? AgentFilesTable(agents, color()) : AgentsTable(agents, Now(), color());
  }

  std::vector<std::string> agents_;
  bool files_ = false;
  bool publishers_ = false;
};

class GroupsCommand final : public ListingCommand {
 public:
  explicit GroupsCommand(CLI::App* program)
      : ListingCommand(program, "groups", "List the consumer groups: their members, and how far behind they are.") {
    app()->footer(R"(Examples:
  sluice groups
  sluice groups --output json | jq 'select(.lag_records > 1000) | .name')");
  }

 private:
  absl::StatusOr<std::string> List(client::Client* client) override {
    SLUICE_ASSIGN_OR_RETURN(std::vector<v1::Group> groups, client->ListGroups());
    if (groups.empty()) SayEmpty("no groups: nobody has subscribed with one (sluice tail --group NAME)");
    return json() ? GroupsJson(groups) : GroupsTable(groups, Now(), color());
  }
};

}  // namespace

std::unique_ptr<Command> AddTopicsCommand(CLI::App* program) { return std::make_unique<TopicsCommand>(program); }
std::unique_ptr<Command> AddAgentsCommand(CLI::App* program) { return std::make_unique<AgentsCommand>(program); }
std::unique_ptr<Command> AddGroupsCommand(CLI::App* program) { return std::make_unique<GroupsCommand>(program); }

}  // namespace sluice::cli
