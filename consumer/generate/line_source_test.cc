#include "consumer/generate/line_source.h"

#include <map>

#include "consumer/generate/shop.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "re2/re2.h"

namespace sluice::generate {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Pair;

constexpr int64_t kTime = 1'700'000'000'123'456'789;  // 2023-11-14T22:13:20.123Z

// All lines of `count` by file.
std::map<std::string, std::string> Make(Kind kind, uint64_t seed, size_t count) {
  auto source = NewLineSource(kind, seed);
  std::vector<std::string> buffers(source->files().size());
  for (size_t i = 0; i < count; ++i) source->Next(kTime, &buffers);
  std::map<std::string, std::string> files;
  for (size_t i = 0; i < buffers.size(); ++i) files[source->files()[i]] = buffers[i];
  return files;
}

// The lines of all files.
std::vector<std::string> Lines(const std::map<std::string, std::string>& files) {
  std::vector<std::string> lines;
  for (const auto& [name, text] : files) {
    EXPECT_TRUE(text.empty() || text.ends_with('\n'));
    for (size_t at = 0; at < text.size();) {
      size_t end = text.find('\n', at);
      lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }
  return lines;
}

TEST(LineSourceTest, TheSameSeedGivesTheSameLines) {
  for (Kind kind : {Kind::kApp, Kind::kJson, Kind::kAccess}) {
    EXPECT_EQ(Make(kind, 7, 1000), Make(kind, 7, 1000));
    EXPECT_NE(Make(kind, 7, 1000), Make(kind, 8, 1000));
  }
}

TEST(LineSourceTest, OneLineAtATime) {
  for (Kind kind : {Kind::kApp, Kind::kJson, Kind::kAccess}) EXPECT_EQ(Lines(Make(kind, 1, 1234)).size(), 1234);
}

TEST(LineSourceTest, AppHasADirectoryALevelAndAFileAService) {
  auto files = Make(Kind::kApp, 1, 5000);
  EXPECT_THAT(files, Contains(Pair("info/checkout.log", ::testing::Not(""))));
  std::map<std::string, size_t> bytes_by_level;
  for (const auto& [name, text] : files) bytes_by_level[name.substr(0, name.find('/'))] += text.size();
  EXPECT_THAT(bytes_by_level,
              ElementsAre(Pair("debug", Ge(1)), Pair("error", Ge(1)), Pair("info", Ge(1)), Pair("warn", Ge(1))));
  const RE2 shape(
      R"(2023-11-14T22:13:20\.123Z (DEBUG|INFO |WARN |ERROR) \[[a-z]+\] [a-z -]+( [a-z_]+=("[^"]+"|\S+))*)");
  for (const std::string& line : Lines(files)) EXPECT_TRUE(RE2::FullMatch(line, shape)) << line;
}

TEST(LineSourceTest, JsonLinesAreObjectsOf229BytesOnAverage) {
  auto lines = Lines(Make(Kind::kJson, 1, 200'000));
  const RE2 shape(
      R"re(\{"time":"2023-11-14T22:13:20\.123Z","level":"(debug|info|warn|error)","service":"[a-z]+","msg":"[a-z -]+")re"
      R"re((,"[a-z_]+":("[^"\\]*"|[0-9.]+))*\})re");
  size_t bytes = 0;
  for (const std::string& line : lines) {
    bytes += line.size() + 1;
    ASSERT_TRUE(RE2::FullMatch(line, shape)) << line;
  }
  EXPECT_NEAR(static_cast<double>(bytes) / static_cast<double>(lines.size()), 229, 0.5);
}

TEST(LineSourceTest, AccessLinesMayEndWithALatency) {
  auto source = NewLineSource(Kind::kAccess, 3, /*latency=*/true);
  std::vector<std::string> buffers(1);
  for (int i = 0; i < 2000; ++i) source->Next(kTime, &buffers);
  const std::vector<std::string> with = Lines({{"access.log", buffers[0]}});
  const std::vector<std::string> without = Lines(Make(Kind::kAccess, 3, 2000));
  const RE2 latency(R"( [0-5]\.[0-9]{3})");
  for (size_t i = 0; i < with.size(); ++i) {
    ASSERT_TRUE(with[i].starts_with(without[i]));
    ASSERT_TRUE(RE2::FullMatch(with[i].substr(without[i].size()), latency)) << with[i];
  }
}

TEST(LineSourceTest, AccessLinesAreInTheCombinedFormat) {
  const RE2 shape(
      R"re([0-9.]+ - (-|user\d+) \[14/Nov/2023:22:13:20 \+0000\] "(GET|POST) /\S* HTTP/1\.1" \d{3} \d+ "[^"]+" "[^"]+")re");
  for (const std::string& line : Lines(Make(Kind::kAccess, 1, 5000))) {
    EXPECT_TRUE(RE2::FullMatch(line, shape)) << line;
  }
}

TEST(ShopTest, EveryLevelAndServiceHasItsEvents) {
  std::map<Level, uint32_t> weights;
  for (const Event& event : ShopEvents()) weights[event.level] += event.weight;
  EXPECT_GT(weights[Level::kInfo], weights[Level::kDebug]);
  EXPECT_GT(weights[Level::kDebug], weights[Level::kWarn]);
  EXPECT_GT(weights[Level::kWarn], weights[Level::kError]);
  EXPECT_GT(weights[Level::kError], 0);
}

}  // namespace
}  // namespace sluice::generate
