#include "agent/frame/encoding.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using std::string_view_literals::operator""sv;

constexpr size_t kNone = std::string_view::npos;

std::string Utf8(Encoding encoding, std::string_view bytes, bool* is_text = nullptr) {
  std::string out;
  const bool ok = AppendUtf8(encoding, bytes, &out);
  if (is_text != nullptr) *is_text = ok;
  return out;
}

TEST(EncodingTest, TheMarkTellsTheByteOrder) {
  EXPECT_EQ(WithByteOrder(Encoding::kUtf16, "\xfe\xff\0a"sv), Encoding::kUtf16Be);
  EXPECT_EQ(WithByteOrder(Encoding::kUtf16, "\xff\xfe"sv), Encoding::kUtf16Le);
  EXPECT_EQ(WithByteOrder(Encoding::kUtf16, "a\0"sv), Encoding::kUtf16Le);
  EXPECT_EQ(WithByteOrder(Encoding::kUtf16Le, "\xfe\xff"sv), Encoding::kUtf16Le);
}

TEST(EncodingTest, OnlyItsOwnMarkIsLeftOut) {
  EXPECT_EQ(MarkBytes(Encoding::kUtf16Le, "\xff\xfe"sv), 2u);
  EXPECT_EQ(MarkBytes(Encoding::kUtf16Be, "\xfe\xff"sv), 2u);
  EXPECT_EQ(MarkBytes(Encoding::kUtf16Be, "\xff\xfe"sv), 0u);
  EXPECT_EQ(MarkBytes(Encoding::kUtf8, "\xef\xbb\xbf"sv), 0u);
}

TEST(EncodingTest, ANewlineIsACodeUnitAndNoByte) {
  // U+0A00, U+000A, and a 0x0a that ends one unit before a 0 that begins the next.
  EXPECT_EQ(FindNewline(Encoding::kUtf16Le, "\x00\x0a\x0a\x00"sv, 0, 0), 2u);
  EXPECT_EQ(FindNewline(Encoding::kUtf16Be, "\x0a\x00\x00\x0a"sv, 0, 0), 2u);
  EXPECT_EQ(FindNewline(Encoding::kUtf16Be, "\x0a\x00\x00\x61"sv, 0, 0), kNone);
  EXPECT_EQ(FindNewline(Encoding::kUtf16Le, "\x61\x0a\x00\x61"sv, 0, 0), kNone);
  EXPECT_EQ(FindNewline(Encoding::kUtf16Le, "a\0\n\0b\0\n\0"sv, 4, 0), 6u);
  EXPECT_EQ(FindNewline(Encoding::kUtf16Le, "a\0\n"sv, 0, 0), kNone) << "half of one";
  EXPECT_EQ(FindNewline(Encoding::kUtf16Le, "x\n\0"sv, 0, 1), 1u) << "the bytes begin inside of a unit";
  EXPECT_EQ(FindNewline(Encoding::kLatin1, "ab\ncd\n", 3, 0), 5u);
  EXPECT_EQ(FindNewline(Encoding::kUtf8, "ab", 2, 0), kNone);
}

TEST(EncodingTest, AppendsWhatBytesSay) {
  EXPECT_EQ(Utf8(Encoding::kLatin1, "caf\xe9\x80"), "caf\u00e9\u0080");
  EXPECT_EQ(Utf8(Encoding::kUtf16Le, "a\0\xe9\0\xac\x20"sv), "a\u00e9\u20ac");
  EXPECT_EQ(Utf8(Encoding::kUtf16Be, "\0a\x20\xac\xd8\x3d\xde\x00"sv), "a\u20ac\U0001F600");
}

TEST(EncodingTest, WhatIsNoTextIsShownAndTold) {
  bool is_text = true;
  EXPECT_EQ(Utf8(Encoding::kUtf16Be, "\xd8\x3d\0a"sv, &is_text), "\uFFFD\x61");
  EXPECT_FALSE(is_text);
  EXPECT_EQ(Utf8(Encoding::kUtf16Be, "\xde\x00\xd8\x3d"sv, &is_text), "\uFFFD\uFFFD");
  EXPECT_FALSE(is_text);
  EXPECT_EQ(Utf8(Encoding::kUtf16Le, "a\0b"sv, &is_text), "a\uFFFD");
  EXPECT_FALSE(is_text);
  Utf8(Encoding::kUtf16Le, "a\0"sv, &is_text);
  EXPECT_TRUE(is_text);
}

TEST(EncodingTest, CutsBetweenCharacters) {
  EXPECT_EQ(CutAt(Encoding::kUtf8, "aa\u20ac", 3), 2u);
  EXPECT_EQ(CutAt(Encoding::kUtf8, "\x80\x80\x80\x80\x80\x80", 5), 5u) << "no character anywhere";
  EXPECT_EQ(CutAt(Encoding::kUtf16Be, "\0a\xd8\x3d\xde\x00\0b"sv, 4), 2u);
  EXPECT_EQ(CutAt(Encoding::kUtf16Be, "\0a\0b\0c"sv, 3), 2u);
  EXPECT_EQ(CutAt(Encoding::kLatin1, "\xe2\x82\xac", 1), 1u);
}

}  // namespace
}  // namespace sluice::agent
