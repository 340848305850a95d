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

TEST(ListingTest, TopicsAreATable) {
  EXPECT_EQ(TopicsTable(Topics(), kNow, false),
            "TOPIC       RECORDS     SIZE  OLDEST  NEWEST\n"
            "checkout  1,234,567  3.0 MiB  2h ago  3s ago\n"
            "empty             0      0 B       -       -\n");
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

}  // namespace
}  // namespace sluice::cli
