#include "base/find_bytes.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/test_seed.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(FindBytesTest, FindsATextAtEveryPlaceOfALine) {
  for (const std::string_view text : {"x", "xy", "xyz", "\" 404 ", "a text of more than sixteen bytes"}) {
    for (size_t before = 0; before < 70; ++before) {
      for (size_t behind = 0; behind < 40; ++behind) {
        // Of its exact size, so that AddressSanitizer sees who reads beyond it.
        const std::vector<char> line = [&] {
          const std::string all = std::string(before, '.') + std::string(text) + std::string(behind, '.');
          return std::vector<char>(all.begin(), all.end());
        }();
        const std::string_view view(line.data(), line.size());
        ASSERT_TRUE(ContainsBytes(view, text)) << before << " " << behind;
        ASSERT_FALSE(ContainsBytes(view.substr(0, before + text.size() - 1), text)) << before;
        ASSERT_FALSE(ContainsBytes(view.substr(before + 1), text)) << before << " " << behind;
      }
    }
  }
}

TEST(FindBytesTest, FindsNothingInNothingButNothing) {
  EXPECT_TRUE(ContainsBytes("", ""));
  EXPECT_TRUE(ContainsBytes("line", ""));
  EXPECT_FALSE(ContainsBytes("", "a"));
  EXPECT_FALSE(ContainsBytes("a", "ab"));
  EXPECT_TRUE(ContainsBytes(std::string_view("a\0b", 3), std::string_view("\0b", 2)));
}

TEST(FindBytesTest, FindsWhatStringViewFinds) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto some = [&random](size_t size_max) {
    std::string text(random() % (size_max + 1), ' ');
    for (char& c : text) c = static_cast<char>('a' + random() % 2);  // few letters: many that nearly match
    return text;
  };
  for (int i = 0; i < 200'000; ++i) {
    const std::string line = some(80);
    const std::string text = some(12);
    ASSERT_EQ(ContainsBytes(line, text), line.find(text) != std::string::npos) << line << " / " << text;
  }
}

}  // namespace
}  // namespace sluice
