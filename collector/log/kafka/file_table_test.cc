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
