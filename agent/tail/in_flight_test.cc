#include "agent/tail/in_flight.h"

#include <string>
#include <vector>

#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class InFlightTest : public ::testing::Test {
 protected:
  InFlightTest() {
    a_.path = "a";
    b_.path = "b";
  }

  static SentBatch Batch(TailedFile* file, uint64_t end) {
    return {.file = file, .end = {.offset = end, .frontier = {}}};
  }
  static v1::Ack AckOf(uint64_t sequence) {
    v1::Ack ack;
    ack.set_sequence(sequence);
    return ack;
  }
  static void Reject(v1::Ack* ack, uint64_t sequence, uint32_t batch, const std::string& reason) {
    v1::Rejection* rejection = ack->add_rejections();
    rejection->set_sequence(sequence);
    rejection->set_batch(batch);
    rejection->set_reason(reason);
  }
  // "a:10", or "a:10 full" if it was rejected.
  std::vector<std::string> Acknowledge(const v1::Ack& ack) {
    std::vector<std::string> visited;
    in_flight_.Acknowledge(ack, [&](const SentBatch& batch, const v1::Rejection* rejection) {
      visited.push_back(StrCat(batch.file->path, ":", batch.end.offset, rejection != nullptr ? " " : "",
                               rejection != nullptr ? rejection->reason() : ""));
    });
    return visited;
  }

  TailedFile a_;
  TailedFile b_;
  InFlight in_flight_;
};

TEST_F(InFlightTest, AnAckCoversEveryMessageUpToIt) {
  in_flight_.Add(1, 100, {Batch(&a_, 10)});
  in_flight_.Add(2, 200, {Batch(&b_, 20), Batch(&a_, 30)});
  in_flight_.Add(3, 300, {Batch(&a_, 40)});
  EXPECT_EQ(in_flight_.bytes(), 600);
  EXPECT_EQ(in_flight_.messages(), 3);
  EXPECT_EQ(a_.batches_in_flight, 3);
  EXPECT_EQ(b_.batches_in_flight, 1);

  EXPECT_THAT(Acknowledge(AckOf(2)), ElementsAre("a:10", "b:20", "a:30"));
  EXPECT_EQ(in_flight_.bytes(), 300);
  EXPECT_EQ(in_flight_.messages(), 1);
  EXPECT_EQ(a_.batches_in_flight, 1);
  EXPECT_EQ(b_.batches_in_flight, 0);

  EXPECT_THAT(Acknowledge(AckOf(2)), IsEmpty()) << "an ack that came twice";
  EXPECT_THAT(Acknowledge(AckOf(99)), ElementsAre("a:40"));
  EXPECT_EQ(in_flight_.bytes(), 0);
  EXPECT_EQ(a_.batches_in_flight, 0);
}

TEST_F(InFlightTest, TellsWhichBatchesWereRejected) {
  in_flight_.Add(1, 1, {Batch(&a_, 10), Batch(&b_, 20)});
  in_flight_.Add(2, 1, {Batch(&b_, 30), Batch(&a_, 40)});
  v1::Ack ack = AckOf(2);
  Reject(&ack, 1, 1, "full");
  Reject(&ack, 2, 0, "behind");
  Reject(&ack, 2, 7, "no such batch");
  EXPECT_THAT(Acknowledge(ack), ElementsAre("a:10", "b:20 full", "b:30 behind", "a:40"));
}

TEST_F(InFlightTest, CountsABatchDownBeforeItIsVisited) {
  in_flight_.Add(1, 1, {Batch(&a_, 10), Batch(&a_, 20)});
  std::vector<uint32_t> left;
  in_flight_.Acknowledge(
      AckOf(1), [&](const SentBatch& batch, const v1::Rejection*) { left.push_back(batch.file->batches_in_flight); });
  EXPECT_THAT(left, ElementsAre(1, 0));
}

TEST_F(InFlightTest, NothingIsLeftOfAConnectionThatIsGone) {
  in_flight_.Add(1, 100, {Batch(&a_, 10), Batch(&b_, 20)});
  in_flight_.Add(2, 100, {Batch(&a_, 30)});
  in_flight_.Clear();
  EXPECT_EQ(in_flight_.bytes(), 0);
  EXPECT_EQ(in_flight_.messages(), 0);
  EXPECT_EQ(a_.batches_in_flight + b_.batches_in_flight, 0);
  in_flight_.Add(1, 50, {Batch(&b_, 20)});  // the next connection counts from 1 again
  EXPECT_THAT(Acknowledge(AckOf(1)), ElementsAre("b:20"));
}

}  // namespace
}  // namespace sluice::agent
