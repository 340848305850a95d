#include "consumer/generate/generator.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::generate {
namespace {

using ::testing::HasSubstr;

class GeneratorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
  }

  GenerateOptions Json(uint64_t count) const {
    return {.directory = directory_,
            .kind = Kind::kJson,
            .count = count,
            .start_time = absl::FromUnixSeconds(1'700'000'000)};
  }

  std::string Written() const {
    std::ifstream file(directory_ + "/shop.json", std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }
  static bool Go(absl::Duration) { return true; }

  std::string directory_;
  SimulatedClock clock_;
};

TEST_F(GeneratorTest, WritesTheCountAndMakesTheDirectory) {
  directory_ += "/a/b";
  auto result = Generate(Json(3000), &clock_, Go);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->lines, 3000);
  const std::string text = Written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3000);
  EXPECT_EQ(result->bytes, text.size());
}

TEST_F(GeneratorTest, WithAStartTimeItIsTheSameBytes) {
  ASSERT_TRUE(Generate(Json(500), &clock_, Go).ok());
  const std::string first = Written();
  std::filesystem::remove_all(directory_);
  clock_.Advance(1'000'000'000);
  ASSERT_TRUE(Generate(Json(500), &clock_, Go).ok());
  EXPECT_EQ(Written(), first);
  EXPECT_THAT(first, HasSubstr(R"({"time":"2023-11-14T22:13:20.000Z")"));
  EXPECT_THAT(first, HasSubstr(R"({"time":"2023-11-14T22:13:20.499Z")"));
}

TEST_F(GeneratorTest, Appends) {
  ASSERT_TRUE(Generate(Json(1), &clock_, Go).ok());
  ASSERT_TRUE(Generate(Json(1), &clock_, Go).ok());
  const std::string text = Written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(GeneratorTest, PacesLinesEvenly) {
  GenerateOptions options = Json(5);
  options.rate = 100;
  std::vector<absl::Duration> waits;
  auto result = Generate(options, &clock_, [&](absl::Duration wait) {
    waits.push_back(wait);
    clock_.Advance(absl::ToInt64Nanoseconds(wait));
    return true;
  });
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(waits, ::testing::ElementsAre(absl::Milliseconds(10), absl::Milliseconds(10), absl::Milliseconds(10),
                                            absl::Milliseconds(10)));
}

TEST_F(GeneratorTest, DoesNotDriftWhenItWakesLate) {
  GenerateOptions options = Json(0);
  options.rate = 3;
  int wakes = 0;
  auto result = Generate(options, &clock_, [&](absl::Duration wait) {
    clock_.Advance(absl::ToInt64Nanoseconds(wait) + 20'000'000);  // always 20 ms late
    return ++wakes < 300;
  });
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->lines, 300);
  EXPECT_NEAR(clock_.MonotonicNanos() * 1e-9, 100, 0.05);
}

TEST_F(GeneratorTest, AfterALongPauseItMakesUpForASecondAtMost) {
  GenerateOptions options = Json(0);
  options.rate = 100;
  int wakes = 0;
  auto result = Generate(options, &clock_, [&](absl::Duration) {
    clock_.Advance(int64_t{3600} * 1'000'000'000);
    return ++wakes < 2;
  });
  ASSERT_TRUE(result.ok());
  EXPECT_LE(result->lines, 1 + 102);
}

TEST_F(GeneratorTest, StopsWhenToldAndLeavesWholeLines) {
  auto result = Generate(Json(0), &clock_, [](absl::Duration) { return false; });
  ASSERT_TRUE(result.ok());
  EXPECT_GT(result->lines, 0);
  EXPECT_TRUE(Written().ends_with("}\n"));
}

TEST_F(GeneratorTest, ADirectoryThatCannotBeIsAnErrorWithItsPath) {
  std::ofstream(directory_) << "a file";
  auto result = Generate(Json(1), &clock_, Go);
  EXPECT_FALSE(result.ok());
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(directory_));
}

TEST_F(GeneratorTest, AFullDiskIsAnErrorWithItsPath) {
  std::filesystem::create_directories(directory_);
  std::filesystem::create_symlink("/dev/full", directory_ + "/shop.json");
  auto result = Generate(Json(1), &clock_, Go);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("shop.json"));
}

}  // namespace
}  // namespace sluice::generate
