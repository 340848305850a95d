#include "agent/parse/scan.h"

#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

// A copy that ends where its memory ends, so that the address sanitizer sees a read behind it.
class Exact {
 public:
  explicit Exact(std::string_view text) : bytes_(text.begin(), text.end()) { bytes_.shrink_to_fit(); }
  const char* begin() const { return bytes_.data(); }
  const char* end() const { return bytes_.data() + bytes_.size(); }

 private:
  std::vector<char> bytes_;
};

template <MarkKind kKind>
std::vector<size_t> Scanned(const Exact& text, size_t from) {
  MarkScanner<kKind> scanner(text.begin(), text.end(), text.begin() + from);
  std::vector<size_t> found;
  for (const char* p = scanner.Next(); p != text.end(); p = scanner.Next()) {
    found.push_back(static_cast<size_t>(p - text.begin()));
  }
  EXPECT_EQ(scanner.Next(), text.end()) << "the end stays the end";
  return found;
}

std::vector<size_t> Expected(std::string_view text, std::string_view marks, size_t from) {
  std::vector<size_t> found;
  for (size_t at = text.find_first_of(marks, from); at != text.npos; at = text.find_first_of(marks, at + 1)) {
    found.push_back(at);
  }
  return found;
}

TEST(ScanTest, FindsTheMarksOfTextsOfEveryLength) {
  std::mt19937 random(3);
  constexpr std::string_view kBytes("\"\"{}[]\\ab;\xfb\xdd\x02 ,:\0", 17);
  for (size_t size = 0; size < 300; ++size) {
    std::string text;
    const uint32_t density = 1 + random() % 40;
    while (text.size() < size) text += random() % density == 0 ? kBytes[random() % kBytes.size()] : 'x';
    const Exact exact(text);
    for (size_t from : {size_t{0}, size / 3, size}) {
      EXPECT_EQ(Scanned<MarkKind::kQuotes>(exact, from), Expected(text, "\"", from)) << text;
      EXPECT_EQ(Scanned<MarkKind::kBrackets>(exact, from), Expected(text, "\"{}[]", from)) << text;
    }
  }
}

TEST(ScanTest, FindsTheEndOfAScalar) {
  constexpr std::string_view kStops = ",}\" \t\r\n";
  for (size_t size = 0; size < 40; ++size) {
    const std::string scalar(size, '7');
    const Exact open(scalar);
    EXPECT_EQ(FindScalarEnd(open.begin(), open.end()), open.end());
    for (char stop : kStops) {
      const Exact stopped(scalar + stop + "more, behind it");
      EXPECT_EQ(FindScalarEnd(stopped.begin(), stopped.end()) - stopped.begin(), size) << stop;
    }
    const Exact high(scalar + "\xff\x80");
    EXPECT_EQ(FindScalarEnd(high.begin(), high.end()), high.end());
  }
}

TEST(ScanTest, AStringEndsAtTheMarkBehindAnEvenNumberOfBackslashes) {
  struct Row {
    std::string_view text;  // behind the opening mark
    int end;                // -1: none
  };
  constexpr Row kRows[] = {
      {R"(")", 0},        {R"(a")", 1},      {R"(\")", -1}, {R"(\"")", 2}, {R"(\\")", 2},      {R"(\\\"x")", 5},
      {R"(a\\\\"b")", 5}, {R"(no end)", -1}, {"", -1},      {R"(\)", -1},  {R"(a\"b\"c")", 7},
  };
  for (const Row& row : kRows) {
    const Exact text(row.text);
    const char* const end = FindStringEnd(text.begin(), text.end());
    EXPECT_EQ(end == nullptr ? -1 : end - text.begin(), row.end) << row.text;
  }
}

}  // namespace
}  // namespace sluice::agent
