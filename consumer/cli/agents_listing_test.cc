#include "consumer/cli/agents_listing.h"

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::vector<v1::Agent> Agents() {
  std::vector<v1::Agent> agents(2);
  agents[0].set_id("web-1");
  agents[0].set_host("web-1.example");
  agents[0].set_version("0.1.0");
  agents[0].set_peer("10.0.0.7:4711");
  agents[0].set_connected(true);
  agents[0].mutable_connected_since()->set_seconds(1'700'000'000 - 90);
  agents[0].mutable_last_seen()->set_seconds(1'700'000'000 - 1);
  agents[0].set_files(12);
  agents[0].set_lag_bytes(2048);
  agents[0].set_records(1000);
  agents[0].mutable_start_time()->set_seconds(1'700'000'000 - 7300);
  agents[0].set_lag_millis(4200);
  agents[0].set_records_per_second(1234.5678);
  (*agents[0].mutable_bytes_lost())["truncated"] = 1536;
  (*agents[0].mutable_bytes_lost())["deleted"] = 10;
  agents[1].set_id("web-2");
  agents[1].set_config_error("agent.yaml:3: sources: found \"x\"\nand more");
  agents[1].mutable_last_seen()->set_seconds(1'700'000'000 - 3600);
  return agents;
}

std::vector<v1::Agent> AgentsWithFiles() {
  std::vector<v1::Agent> agents = Agents();
  v1::AgentFiles* list = agents[0].mutable_file_list();
  v1::AgentFile* behind = list->add_files();
  behind->set_path("/var/log/shop/\033[31mapp.log");
  behind->set_topic("shop");
  behind->set_size(5000);
  behind->set_acked_offset(2952);
  behind->set_lag_millis(61'000);
  behind->set_state(v1::FILE_STATE_ROTATED_AWAY);
  v1::AgentFile* live = list->add_files();
  live->set_path("/var/log/shop/b.log");
  live->set_topic("shop");
  live->set_size(7);
  live->set_acked_offset(7);
  live->set_state(v1::FILE_STATE_LIVE);
  list->set_omitted(1200);
  (*list->mutable_by_state())["live"] = 1201;
  (*list->mutable_by_state())["rotated_away"] = 1;
  return agents;
}

TEST(AgentsListingTest, AgentsAreATable) {
  EXPECT_EQ(AgentsTable(Agents(), kNow, false),
            "AGENT  HOST           STATE      UP    SEEN  FILES          LAG     RATE  RECORDS  "
            "LOST                             CONFIG   VERSION  PEER\n"
            "web-1  web-1.example  connected  2h  1s ago     12  2.0 KiB, 4s  1,235/s    1,000  "
            "10 B deleted, 1.5 KiB truncated  ok       0.1.0    10.0.0.7:4711\n"
            "web-2  -              gone        -  1h ago      0            -        -        0  "
            "-                                invalid  -        -\n"
            "web-2: goes on with the configuration before: agent.yaml:3: sources: found \"x\"\\nand more\n");
}

TEST(AgentsListingTest, FilesAreATableWithControlCharactersVisible) {
  EXPECT_EQ(AgentFilesTable(AgentsWithFiles(), false),
            "AGENT  STATE          SIZE  ACKED          LAG  TOPIC  PATH\n"
            "web-1  rotated_away  5,000  2,952  2.0 KiB, 1m  shop   /var/log/shop/\\x1b[31mapp.log\n"
            "web-1  live              7      7            -  shop   /var/log/shop/b.log\n"
            "web-1: 1,200 more files, with less lag\n");
}

TEST(AgentsListingTest, AgentsAreAnObjectALine) {
  EXPECT_EQ(AgentsJson(Agents()),
            R"({"id":"web-1","host":"web-1.example","version":"0.1.0","peer":"10.0.0.7:4711","connected":true,)"
            R"("connected_since":"2023-11-14T22:11:50.000000000Z","last_seen":"2023-11-14T22:13:19.000000000Z",)"
            R"("start_time":"2023-11-14T20:11:40.000000000Z","files":12,"lag_bytes":2048,"lag_millis":4200,)"
            R"("records_per_second":1234.568,"records":1000,"bytes_lost":{"deleted":10,"truncated":1536},)"
            R"("config_error":""})"
            "\n"
            R"({"id":"web-2","host":"","version":"","peer":"","connected":false,"connected_since":null,)"
            R"("last_seen":"2023-11-14T21:13:20.000000000Z","start_time":null,"files":0,"lag_bytes":0,"lag_millis":0,)"
            R"("records_per_second":0,"records":0,"bytes_lost":{},)"
            R"("config_error":"agent.yaml:3: sources: found \"x\"\nand more"})"
            "\n");
}

TEST(AgentsListingTest, FilesAreInTheObjectIfTheyWereAskedFor) {
  const std::string json = AgentsJson(AgentsWithFiles());
  EXPECT_NE(json.find(R"("file_list":{"files":[{"path":"/var/log/shop/\u001b[31mapp.log","topic":"shop","size":5000,)"
                      R"("acked_offset":2952,"lag_bytes":2048,"lag_millis":61000,"state":"rotated_away"},)"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("omitted":1200,"by_state":{"live":1201,"rotated_away":1}}})"), std::string::npos) << json;
}

}  // namespace
}  // namespace sluice::cli
