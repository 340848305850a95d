#include "agent/encode/shared_fields.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

TEST(SharedFieldsTest, HoldsTheConstantFieldsOfABatch) {
  SharedFields fields = {.topic = "shop",
                         .agent = "web-1",
                         .host = "web-1.example",
                         .path = "/var/log/a",
                         .source = "app",
                         .labels = {{"b", "2"}, {"a", "1"}}};
  fields.file.set_device(7);
  fields.file.set_inode(8);
  fields.file.set_birth_time_unix_nano(9);
  fields.file.set_generation(10);
  v1::LogBatch batch;
  ASSERT_TRUE(batch.ParseFromString(EncodeSharedFields(fields)));
  EXPECT_EQ(batch.topic(), "shop");
  EXPECT_EQ(batch.agent(), "web-1");
  EXPECT_EQ(batch.host(), "web-1.example");
  EXPECT_EQ(batch.path(), "/var/log/a");
  EXPECT_EQ(batch.source(), "app");
  EXPECT_EQ(batch.labels_size(), 2);
  EXPECT_EQ(batch.labels().at("a"), "1");
  EXPECT_EQ(batch.file().ShortDebugString(), fields.file.ShortDebugString());
}

TEST(SharedFieldsTest, EqualFieldsGiveEqualBytes) {
  SharedFields fields;
  for (int i = 0; i < 100; ++i) fields.labels["label" + std::to_string(i)] = std::to_string(i);
  EXPECT_EQ(EncodeSharedFields(fields), EncodeSharedFields(fields));
}

TEST(SharedFieldsTest, ShowsAPathThatIsNotText) {
  v1::LogBatch batch;
  ASSERT_TRUE(batch.ParseFromString(EncodeSharedFields({.topic = "t", .path = "/var/log/caf\xe9"})));
  EXPECT_EQ(batch.path(), "/var/log/caf\xef\xbf\xbd");
}

}  // namespace
}  // namespace sluice::agent
