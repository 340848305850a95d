// The stored format: golden bytes. What is here must be readable for ever, or the format's number must change.
#include "collector/log/rocksdb/keys.h"

#include <string>

#include "collector/log/rocksdb/values.h"
#include "collector/log/testing_batches.h"
#include "gtest/gtest.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::collector {
namespace {

template <size_t N>
std::string Bytes(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

TEST(KeysTest, OfBatchesSortByPlaceInTheLog) {
  const std::string key = keys::EncodeBatch(0x0102030405060708, 9);
  EXPECT_EQ(key, Bytes("\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x09"));
  EXPECT_EQ(keys::DecodeBatch(key)->sequence, 0x0102030405060708u);
  EXPECT_EQ(keys::DecodeBatch(key)->topic, 9u);
  EXPECT_FALSE(keys::DecodeBatch(key.substr(1)).has_value());
  EXPECT_LT(keys::EncodeBatch(255, 7), keys::EncodeBatch(256, 0));
}

TEST(KeysTest, OfTheIndexSortByTopicAndThenByPlace) {
  const std::string key = keys::EncodeIndex(0x01020304, 0x05060708090a0b0c);
  EXPECT_EQ(key, Bytes("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"));
  EXPECT_EQ(keys::DecodeIndex(key)->topic, 0x01020304u);
  EXPECT_EQ(keys::DecodeIndex(key)->sequence, 0x05060708090a0b0cu);
  EXPECT_FALSE(keys::DecodeIndex(key + "x").has_value());
  EXPECT_LT(keys::EncodeIndex(1, 300), keys::EncodeIndex(2, 1));
}

TEST(KeysTest, OfWatermarksNameTheAgentAndTheFile) {
  const std::string key =
      keys::EncodeWatermark("web-1", {.device = 1, .inode = 2, .birth_time_unix_nano = 3, .generation = 4});
  EXPECT_EQ(key, "web-1" + Bytes("\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\4"));
  EXPECT_EQ(keys::WatermarkAgent(key), "web-1");
  EXPECT_EQ(keys::WatermarkAgent("web-1"), "");
  EXPECT_EQ(keys::WatermarkAgent(key + "x"), "");
  EXPECT_LT(keys::WatermarkPrefix("web-1"), key);
  EXPECT_LT(key, keys::WatermarkEnd("web-1"));
  EXPECT_LT(keys::WatermarkEnd("web-1"), keys::WatermarkPrefix("web-10"));
}

TEST(KeysTest, OfTopicsAndCommitsAreMarked) {
  EXPECT_EQ(keys::EncodeTopic(keys::kAppendedPrefix, 258), Bytes("t\0\0\1\2"));
  EXPECT_EQ(keys::DecodeTopic(keys::kAppendedPrefix, Bytes("t\0\0\1\2")), 258u);
  EXPECT_FALSE(keys::DecodeTopic(keys::kDroppedPrefix, Bytes("t\0\0\1\2")).has_value());
  EXPECT_EQ(keys::EncodeCommit({1, 2}), Bytes("a\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2"));
  EXPECT_EQ(keys::DecodeCommit(Bytes("a\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2"))->first_sequence, 2u);
  EXPECT_EQ(keys::EncodeCommit({-5, 0}), keys::EncodeCommit({0, 0}));
}

TEST(ValuesTest, OfTheIndex) {
  const IndexEntry entry = {.append_unix_nano = 0x0102030405060708, .bytes = 300, .records = 2};
  EXPECT_EQ(entry.Encode(), Bytes("\x09\x08\x07\x06\x05\x04\x03\x02\x01\x10\xac\x02\x18\x02"));
  EXPECT_EQ(IndexEntry::Decode(entry.Encode()), entry);
  EXPECT_FALSE(IndexEntry::Decode("\x09").has_value());
}

TEST(ValuesTest, OfTopics) {
  const TopicAppended appended = {
      .name = "app", .last_sequence = 5, .last_append_unix_nano = 6, .records = 7, .bytes = 8};
  EXPECT_EQ(appended.Encode(), Bytes("\x0a\x03"
                                     "app\x10\x05\x19\x06\0\0\0\0\0\0\0\x20\x07\x28\x08"));
  EXPECT_EQ(TopicAppended::Decode(appended.Encode()), appended);
  const TopicDropped dropped = {.through_sequence = 1, .records = 2, .bytes = 3, .steps = {{4, 5}, {6, 7}}};
  EXPECT_EQ(dropped.Encode(), Bytes("\x08\x01\x10\x02\x18\x03\x22\x04\x08\x04\x10\x05\x22\x04\x08\x06\x10\x07"));
  EXPECT_EQ(TopicDropped::Decode(dropped.Encode()), dropped);
  EXPECT_FALSE(TopicDropped::Decode("\x22\x05").has_value());
}

TEST(ValuesTest, OfWatermarksHoldAFileWatermark) {
  const v1::LogBatch batch = testing::MakeBatch({.path = "/a", .inode = 7, .generation = 1, .lines = 2});
  const PendingBatch pending = testing::Pend(batch);
  const std::string stored = WatermarkValue::Encode(9, pending.view);
  const auto value = WatermarkValue::Decode(stored);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->append_unix_nano, 9);
  EXPECT_EQ(WatermarkValue::EndOffset(value->watermark), 32u);
  v1::FileWatermark watermark;
  ASSERT_TRUE(watermark.ParseFromString(std::string(value->watermark)));
  EXPECT_EQ(watermark.file().SerializeAsString(), batch.file().SerializeAsString());
  EXPECT_EQ(watermark.end_offset(), 32u);
  EXPECT_EQ(watermark.path(), "/a");
  EXPECT_EQ(watermark.head().SerializeAsString(), batch.head().SerializeAsString());
  EXPECT_EQ(watermark.frontier().SerializeAsString(), batch.frontier().SerializeAsString());
}

TEST(ValuesTest, PassOverFieldsOfLaterVersions) {
  const std::string later = Bytes("\xa2\x06\x03new");
  EXPECT_EQ(IndexEntry::Decode(IndexEntry{1, 2, 3}.Encode() + later), (IndexEntry{1, 2, 3}));
}

}  // namespace
}  // namespace sluice::collector
