#include "base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sluice {
namespace {

using namespace std::string_view_literals;

struct Utf8Case {
  std::string_view bytes;
  std::string_view replaced;  // equal to bytes: valid
};

// The Unicode Standard's own examples (section 3.9, tables 3-8 to 3-11), and the edges of table 3-7.
const Utf8Case kUtf8Cases[] = {
    {"", ""},
    {"plain", "plain"},
    {"\x00"sv, "\x00"sv},
    {"ä€😀", "ä€😀"},
    {"\xdf\xbf", "\xdf\xbf"},
    {"\xe0\xa0\x80", "\xe0\xa0\x80"},
    {"\xed\x9f\xbf", "\xed\x9f\xbf"},
    {"\xee\x80\x80", "\xee\x80\x80"},
    {"\xf0\x90\x80\x80", "\xf0\x90\x80\x80"},
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    // Non-shortest forms.
    {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\x41"},
    // Surrogates.
    {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\x41"},
    // Other ill-formed sequences.
    {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", "\ufffd\ufffd\ufffd\ufffd\ufffd\x41\ufffd\ufffd\x42"},
    // Truncated sequences are one part each.
    {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "\ufffd\ufffd\ufffd\ufffd\x41"},
    {"\xe2\x82", "\ufffd"},
    {"\xf0\x9f\x98", "\ufffd"},
    {"a\xe2\x82z", "a\ufffdz"},
    {"\x80", "\ufffd"},
    {"\xc2", "\ufffd"},
    {"\xf5\x80\x80\x80", "\ufffd\ufffd\ufffd\ufffd"},
    {"caf\xe9 latin-1", "caf\ufffd latin-1"},
};

TEST(TextTest, ReplacesEachMaximalIllFormedPart) {
  for (const Utf8Case& c : kUtf8Cases) {
    EXPECT_EQ(ReplaceInvalidUtf8(c.bytes), c.replaced);
    EXPECT_EQ(IsValidUtf8(c.bytes), c.bytes == c.replaced);
  }
}

TEST(TextTest, ReplacedTextIsAlwaysValid) {
  std::string bytes;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      bytes = {static_cast<char>(first), static_cast<char>(second), '\x80', 'x'};
      const std::string replaced = ReplaceInvalidUtf8(bytes);
      ASSERT_TRUE(IsValidUtf8(replaced)) << first << " " << second;
      ASSERT_EQ(IsValidUtf8(bytes), replaced == bytes) << first << " " << second;
    }
  }
}

TEST(TextTest, DecodesEveryCodePoint) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string bytes;
    if (c < 0x80) {
      bytes = {static_cast<char>(c)};
    } else if (c < 0x800) {
      bytes = {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
    } else if (c < 0x10000) {
      bytes = {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3f)),
               static_cast<char>(0x80 | (c & 0x3f))};
    } else {
      bytes = {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3f)),
               static_cast<char>(0x80 | (c >> 6 & 0x3f)), static_cast<char>(0x80 | (c & 0x3f))};
    }
    const Utf8Char decoded = DecodeUtf8(bytes + "x");
    ASSERT_TRUE(decoded.valid) << static_cast<uint32_t>(c);
    ASSERT_EQ(decoded.code_point, c);
    ASSERT_EQ(decoded.size, bytes.size());
  }
}

struct VisibleCase {
  std::string_view text;
  bool strip_cr;
  std::string_view visible;
};

const VisibleCase kVisibleCases[] = {
    {"plain text", false, "plain text"},
    {"", true, ""},
    {"tab\tstays", false, "tab\tstays"},
    {"ä€😀", false, "ä€😀"},
    {"a\nb\rc", false, "a\\nb\\rc"},
    {"line\r", true, "line"},
    {"line\r", false, "line\\r"},
    {"two\r\r", true, "two\\r"},
    {"\r", true, ""},
    {"\x1b[31mred\x1b[0m", false, "\\x1b[31mred\\x1b[0m"},
    {"\x00\x07\x7f"sv, false, "\\x00\\x07\\x7f"},
    {"\u0080\u009b31m\u009f\u00a0", false, "\\u0080\\u009b31m\\u009f\u00a0"},
    {"abc\u202edcba", false, "abc\\u202edcba"},
    {"\u202a\u202d\u2066\u2069\u2029", false, "\\u202a\\u202d\\u2066\\u2069\u2029"},
    {"bad \xff\xe2\x82 end", false, "bad \\xff\\xe2\\x82 end"},
    {"\x9b"
     "31m",
     false, "\\x9b31m"},
    {"back\\slash", false, "back\\slash"},
};

TEST(TextTest, ShowsWhatATerminalWouldExecute) {
  for (const VisibleCase& c : kVisibleCases) {
    std::string out = "before ";
    AppendVisible(c.text, c.strip_cr, &out);
    EXPECT_EQ(out, "before " + std::string(c.visible));
  }
}

TEST(TextTest, QuotesWhatWasFoundVisiblyAndShort) {
  EXPECT_EQ(Quoted(""), "\"\"");
  EXPECT_EQ(Quoted("a\x1b[m"), "\"a\\x1b[m\"");
  EXPECT_EQ(Quoted(std::string(60, 'x')), "\"" + std::string(60, 'x') + "\"");
  EXPECT_EQ(Quoted(std::string(61, 'x')), "\"" + std::string(60, 'x') + "…\"");
  EXPECT_EQ(Quoted(std::string(59, 'x') + "äöü"), "\"" + std::string(59, 'x') + "…\"");  // no half an ä
  EXPECT_EQ(Quoted(std::string(100, '\x80')).substr(0, 5), "\"…\"");
}

TEST(AppendJsonStringTest, EscapesWhatJsonAndTerminalsWouldTakeForThemselves) {
  std::string out;
  AppendJsonString("a\"b\\c\n\x1b[1m\xff \u20ac", &out);
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\u000a\\u001b[1m\ufffd \u20ac\"");
}

}  // namespace
}  // namespace sluice
