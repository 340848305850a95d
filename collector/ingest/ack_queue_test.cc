#include "collector/ingest/ack_queue.h"

#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

v1::Rejection RejectionOf(uint64_t sequence, uint32_t batch) {
  v1::Rejection rejection;
  rejection.set_sequence(sequence);
  rejection.set_batch(batch);
  return rejection;
}

TEST(AckQueueTest, AcknowledgesWhatIsComplete) {
  AckQueue acks;
  EXPECT_FALSE(acks.ready());
  acks.Add(1);
  EXPECT_FALSE(acks.ready());
  acks.Complete(1, {});
  ASSERT_TRUE(acks.ready());
  EXPECT_EQ(acks.Take().sequence(), 1);
  EXPECT_FALSE(acks.ready());
  EXPECT_EQ(acks.pending(), 0);
}

TEST(AckQueueTest, OneAckStandsForAllBeforeIt) {
  AckQueue acks;
  for (uint64_t i = 1; i <= 10; ++i) acks.Add(i);
  for (uint64_t i = 1; i <= 9; ++i) acks.Complete(i, {});
  EXPECT_EQ(acks.Take().sequence(), 9);
  EXPECT_EQ(acks.pending(), 1);
  acks.Complete(10, {});
  EXPECT_EQ(acks.Take().sequence(), 10);
}

TEST(AckQueueTest, NeverAcknowledgesPastAMessageUnderWay) {
  AckQueue acks;
  for (uint64_t i = 1; i <= 3; ++i) acks.Add(i);
  acks.Complete(2, {RejectionOf(2, 0)});
  acks.Complete(3, {});
  EXPECT_FALSE(acks.ready());
  acks.Complete(1, {RejectionOf(1, 4), RejectionOf(1, 5)});
  EXPECT_EQ(acks.unsent_rejections(), 3);
  v1::Ack ack = acks.Take();
  EXPECT_EQ(ack.sequence(), 3);
  ASSERT_EQ(ack.rejections_size(), 3);
  EXPECT_EQ(ack.rejections(0).batch(), 4);
  EXPECT_EQ(ack.rejections(1).batch(), 5);
  EXPECT_EQ(ack.rejections(2).sequence(), 2);
  EXPECT_EQ(acks.unsent_rejections(), 0);
}

TEST(AckQueueTest, GoesOnAfterItWasEmpty) {
  AckQueue acks;
  for (uint64_t i = 1; i <= 100; ++i) {
    acks.Add(i);
    acks.Complete(i, {});
    EXPECT_EQ(acks.Take().sequence(), i);
  }
}

}  // namespace
}  // namespace sluice::collector
