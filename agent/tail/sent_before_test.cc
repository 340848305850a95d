#include "agent/tail/sent_before.h"

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

TailedFile FileSentTo(uint64_t offset, uint64_t inode = 7) {
  TailedFile file;
  file.identity.set_inode(inode);
  file.batched.offset = offset;
  return file;
}

TEST(SentBeforeTest, KeepsWhatIsUnderWay) {
  SentBefore sent;
  TailedFile file = FileSentTo(20);
  const TailedFile other = FileSentTo(30, 8);
  sent.Add(file);
  ASSERT_NE(sent.EndOf(file.identity), nullptr);
  EXPECT_EQ(sent.EndOf(file.identity)->offset, 20);
  EXPECT_EQ(sent.EndOf(other.identity), nullptr);
  const v1::FileIdentity before = file.identity;
  file.identity.set_generation(1);
  ++file.incarnation;
  ASSERT_NE(sent.Find(file, 0), nullptr);
  EXPECT_EQ(sent.Find(file, 0)->generation(), 0);
  EXPECT_EQ(sent.Find(file, 1), nullptr);
  EXPECT_EQ(sent.Find(other, 0), nullptr);
  sent.Clear();
  EXPECT_EQ(sent.EndOf(before), nullptr);
}

TEST(SentBeforeTest, NothingIsUnderWayOfAFileWhoseBatchesAreAcknowledged) {
  SentBefore sent;
  TailedFile file = FileSentTo(20);
  file.acked.offset = 20;
  sent.Add(file);
  EXPECT_EQ(sent.Find(file, 0), nullptr);
}

TEST(SentBeforeTest, ForgetsWhatIsStored) {
  SentBefore sent;
  const TailedFile file = FileSentTo(20);
  const TailedFile copy = FileSentTo(50);  // goes on for it, and is emptied in its turn
  sent.Add(file);
  sent.Add(copy);
  EXPECT_EQ(sent.EndOf(file.identity)->offset, 50);
  sent.Forget(file.identity, 10);
  EXPECT_NE(sent.Find(file, 0), nullptr);
  sent.Forget(file.identity, 20);
  EXPECT_EQ(sent.Find(file, 0), nullptr);
  EXPECT_EQ(sent.EndOf(file.identity)->offset, 50);
  sent.Forget(file.identity, 50);
  EXPECT_EQ(sent.EndOf(file.identity), nullptr);
}

}  // namespace
}  // namespace sluice::agent
