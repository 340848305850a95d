#include "collector/log/kafka/file_table.h"

#include <string>

#include "collector/log/testing_batches.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector::kafka {
namespace {

using ::testing::ElementsAre;
using testing::Pend;
using ::testing::SizeIs;

// Sends and delivers the first line of a file.
void Deliver(FileTable* table, const std::string& agent, uint64_t offset = 0) {
  const PendingBatch batch = Pend({.agent = agent, .first_offset = offset});
  EXPECT_EQ(table->Send(batch.view).kind, FileTable::Verdict::Kind::kSend);
  table->Delivered(batch.view);
}

TEST(FileTableTest, ForgetsEphemeralAgentsThatWereRecordedLongAgo) {
  FileTable table;
  Deliver(&table, "ephemeral:old");
  Deliver(&table, "ephemeral:busy");
  Deliver(&table, "web-1");
  EXPECT_THAT(table.ForgetEphemeral(1000), SizeIs(0)) << "they are not recorded yet";
  EXPECT_THAT(table.TakeChanged(100), SizeIs(3));
  Deliver(&table, "ephemeral:new");
  EXPECT_THAT(table.TakeChanged(500), SizeIs(1));
  const PendingBatch under_way = Pend({.agent = "ephemeral:busy", .first_offset = 16});
  table.Send(under_way.view);
  const PendingBatch old = Pend({.agent = "ephemeral:old"});
  EXPECT_THAT(table.ForgetEphemeral(500), ElementsAre(FileName("ephemeral:old", old.view.file)));
  EXPECT_THAT(table.Agents(), ElementsAre("ephemeral:busy", "ephemeral:new", "web-1"));
}

TEST(FileTableTest, WhatIsInUseIsNotForgottenBecauseSomebodyElseDid) {
  FileTable table;
  Deliver(&table, "ephemeral:a");
  const PendingBatch batch = Pend({.agent = "ephemeral:a"});
  table.Forget("ephemeral:a", batch.view.file);
  EXPECT_EQ(table.DeliveredEnd("ephemeral:a", batch.view.file), batch.view.end_offset);
  table.TakeChanged(1);
  table.Forget("ephemeral:a", batch.view.file);
  EXPECT_THAT(table.Agents(), SizeIs(0));
}

// A message of a part of a batch, found in `topic`.
bool Find(FileTable* table, const PendingBatch& batch, std::string_view topic, uint64_t offset, uint64_t end) {
  MessageView message;
  message.ours = true;
  message.whole = false;
  message.offset = offset;
  message.end = end;
  return table->Found({std::string(batch.view.agent), batch.view.file}, message, topic, 0);
}

// One of its records is refused, the others are delivered; what is refused may go to their topic the next time.
TEST(FileTableTest, ARecordIsDeliveredOnlyIfItWasFound) {
  FileTable table;
  const PendingBatch batch = Pend({.topic = "dead-letter", .lines = 4});
  EXPECT_TRUE(Find(&table, batch, "dead-letter", 32, 64));
  EXPECT_FALSE(Find(&table, batch, "dead-letter", 32, 64)) << "it is known";
  const DeliveredRecords delivered = table.PlaceOf(batch.view, 1).delivered;
  EXPECT_TRUE(delivered.Has(32));
  EXPECT_FALSE(delivered.Has(16)) << "though one behind it is";
  EXPECT_FALSE(delivered.Has(48));
  EXPECT_TRUE(Find(&table, batch, "dead-letter", 16, 32)) << "it comes behind the other";
  EXPECT_TRUE(table.PlaceOf(batch.view, 1).delivered.Has(16));
  EXPECT_TRUE(table.PlaceOf(Pend({.topic = "app"}).view, 1).delivered.NoneFrom(0)) << "another topic";
}

TEST(FileTableTest, WhatWasFoundIsKnownToOthers) {
  FileTable table;
  const PendingBatch batch = Pend({.topic = "own", .lines = 4});
  Find(&table, batch, "own", 0, 32);
  Find(&table, batch, "own", 32, 64);
  const auto states = table.TakeChanged(1);
  ASSERT_THAT(states, SizeIs(1));
  FileTable other;
  other.Learn(batch.view.agent, batch.view.file, states[0].second);
  const DeliveredRecords delivered = other.PlaceOf(batch.view, 1).delivered;
  EXPECT_TRUE(delivered.Has(0) && delivered.Has(32));
  EXPECT_FALSE(delivered.Has(16));
}

TEST(FileTableTest, RecordsBehindTheWatermarkAreForgotten) {
  FileTable table;
  const PendingBatch batch = Pend({.topic = "own", .lines = 2});
  Find(&table, batch, "own", 0, 32);
  Find(&table, batch, "own", 40, 64);
  table.Delivered(batch.view);  // up to 32
  const auto states = table.TakeChanged(1);
  ASSERT_THAT(states, SizeIs(1));
  EXPECT_THAT(states[0].second.places(0).offsets(), ElementsAre(40));
}

// Its state says only how far the topic's records go.
TEST(FileTableTest, BelievesACollectorThatDidNotWriteDownEachRecord) {
  FileTable table;
  v1::KafkaFileState state;
  v1::KafkaFilePlace* place = state.add_places();
  place->set_topic("own");
  place->set_end_offset(64);
  const PendingBatch batch = Pend({.topic = "own", .lines = 4});
  table.Learn(batch.view.agent, batch.view.file, state);
  EXPECT_TRUE(table.PlaceOf(batch.view, 1).delivered.Has(16));
  EXPECT_FALSE(Find(&table, batch, "own", 32, 64));
  EXPECT_TRUE(table.PlaceOf(batch.view, 1).delivered.Has(16));
  EXPECT_FALSE(table.PlaceOf(batch.view, 1).delivered.Has(64));
}

TEST(FileTableTest, AFileStaysWhereItIsInTheTopicsOfARouteWithAllItsCopies) {
  FileTable table;
  constexpr int kTopics = 17;  // its own, and copy_to
  const auto part = [](int n) { return Pend({.topic = "t" + std::to_string(n)}); };
  for (int n = 0; n < kTopics; ++n) EXPECT_EQ(table.PlaceOf(part(n).view, 1).partition, 0);
  for (int n = 0; n < kTopics; ++n) EXPECT_EQ(table.PlaceOf(part(n).view, 1000).partition, 0) << n;
  // And in the one that it always uses, however many others it was in once.
  for (int n = kTopics; n < 1000; ++n) {
    EXPECT_EQ(table.PlaceOf(part(0).view, 1000).partition, 0) << n;
    table.PlaceOf(part(n).view, 1);
  }
}

}  // namespace
}  // namespace sluice::collector::kafka
