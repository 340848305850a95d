#include "collector/log/kafka/positions.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace sluice::collector::kafka {
namespace {

constexpr char kLog[] = "0123456789abcdef";

Position At(const std::map<std::string, std::vector<int64_t>, std::less<>>& topics) {
  auto offsets = std::make_shared<Offsets>();
  offsets->topics = topics;
  return MakePosition(std::move(offsets));
}

TEST(PositionsTest, ACursorSaysWhereEachPartitionIs) {
  for (const Position& position :
       {Position(), At({{"app", {0}}}), At({{"app", {5, -1, int64_t{1} << 40}}, {"db.slow", {7}}})}) {
    const std::string cursor = FormatCursorText(kLog, position);
    const absl::StatusOr<Position> parsed = ParseCursorText(kLog, cursor);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, position);
  }
  EXPECT_EQ(FormatCursorText(kLog, At({{"app", {5, 300}}})), "k1-0123456789abcdef-A2FwcAIGrQI");
}

TEST(PositionsTest, APositionIsWhatItsPartitionsAre) {
  EXPECT_EQ(At({{"a", {1, 2}}}), At({{"a", {1, 2}}}));
  EXPECT_FALSE(At({{"a", {1, 2}}}) == At({{"a", {1, 3}}}));
  EXPECT_FALSE(At({{"a", {1}}}) == Position());
  const Position position = At({{"a", {1, 2}}});
  EXPECT_EQ(OffsetsOf(position)->Of("a", 1), 2);
  EXPECT_EQ(OffsetsOf(position)->Of("a", 2), -1) << "partitions that were added are read from their beginning";
  EXPECT_EQ(OffsetsOf(position)->Of("b", 0), -1);
}

TEST(PositionsTest, RefusesWhatIsNoCursor) {
  const std::string good = FormatCursorText(kLog, At({{"app", {5}}}));
  for (const std::string& bad :
       {std::string(), std::string("k1-"), std::string("r1-1-2-3"), good + "A", good.substr(0, good.size() - 1),
        good + "====", std::string("k1-0123456789abcdef-!!"), std::string("k1-0123456789abcdef-gICAgICAgICAgAE")}) {
    EXPECT_EQ(ParseCursorText(kLog, bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(ParseCursorText("fedcba9876543210", good).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sluice::collector::kafka
