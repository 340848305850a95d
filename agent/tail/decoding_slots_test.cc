#include "agent/tail/decoding_slots.h"

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

TEST(DecodingSlotsTest, LetsTwoDecodeAtATime) {
  DecodingSlots slots;
  TailedFile one, two, three;
  EXPECT_TRUE(slots.Take(&one));
  EXPECT_TRUE(slots.Take(&two));
  EXPECT_TRUE(slots.Take(&one)) << "it has one";
  EXPECT_FALSE(slots.Take(&three));
  slots.GiveBack(&three);
  EXPECT_FALSE(slots.Take(&three)) << "it had none to give back";
  slots.GiveBack(&two);
  EXPECT_TRUE(slots.Take(&three));
  EXPECT_FALSE(slots.Take(&two));
}

}  // namespace
}  // namespace sluice::agent
