#include "consumer/cli/listing.h"

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::vector<v1::Topic> Topics() {
  std::vector<v1::Topic> topics(2);
  topics[0].set_name("checkout");
  topics[0].set_records(1'234'567);
  topics[0].set_bytes(3 << 20);
  topics[0].mutable_first_append_time()->set_seconds(1'700'000'000 - 7200);
  topics[0].mutable_last_append_time()->set_seconds(1'700'000'000 - 3);
  topics[0].set_records_appended(2'000'000);
  topics[1].set_name("empty");
  return topics;
}

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
  (*agents[0].mutable_bytes_lost())["truncated"] = 1536;
  (*agents[0].mutable_bytes_lost())["deleted"] = 10;
  agents[1].set_id("web-2");
  agents[1].mutable_last_seen()->set_seconds(1'700'000'000 - 3600);
  return agents;
}

TEST(ListingTest, TopicsAreATable) {
  EXPECT_EQ(TopicsTable(Topics(), kNow, false),
            "TOPIC       RECORDS     SIZE  OLDEST  NEWEST\n"
            "checkout  1,234,567  3.0 MiB  2h ago  3s ago\n"
            "empty             0      0 B       -       -\n");
}

TEST(ListingTest, AgentsAreATable) {
  EXPECT_EQ(
      AgentsTable(Agents(), kNow, false),
      "AGENT  HOST           STATE       SINCE  FILES      LAG  RECORDS  LOST                             VERSION  "
      "PEER\n"
      "web-1  web-1.example  connected  1m ago     12  2.0 KiB    1,000  10 B deleted, 1.5 KiB truncated  0.1.0    "
      "10.0.0.7:4711\n"
      "web-2  -              gone       1h ago      0      0 B        0  -                                -        "
      "-\n");
}

TEST(ListingTest, TopicsAreAnObjectALine) {
  EXPECT_EQ(
      TopicsJson(Topics()),
      R"({"name":"checkout","records":1234567,"bytes":3145728,"first_append_time":"2023-11-14T20:13:20.000000000Z",)"
      R"("last_append_time":"2023-11-14T22:13:17.000000000Z","records_appended":2000000})"
      "\n"
      R"({"name":"empty","records":0,"bytes":0,"first_append_time":null,"last_append_time":null,)"
      R"("records_appended":0})"
      "\n");
}

TEST(ListingTest, AgentsAreAnObjectALine) {
  EXPECT_EQ(AgentsJson(Agents()),
            R"({"id":"web-1","host":"web-1.example","version":"0.1.0","peer":"10.0.0.7:4711","connected":true,)"
            R"("connected_since":"2023-11-14T22:11:50.000000000Z","last_seen":"2023-11-14T22:13:19.000000000Z",)"
            R"("start_time":null,"files":12,"lag_bytes":2048,"records":1000,)"
            R"("bytes_lost":{"deleted":10,"truncated":1536}})"
            "\n"
            R"({"id":"web-2","host":"","version":"","peer":"","connected":false,"connected_since":null,)"
            R"("last_seen":"2023-11-14T21:13:20.000000000Z","start_time":null,"files":0,"lag_bytes":0,"records":0,)"
            R"("bytes_lost":{}})"
            "\n");
}

}  // namespace
}  // namespace sluice::cli
