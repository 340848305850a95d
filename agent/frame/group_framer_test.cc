#include "agent/frame/group_framer.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "base/test_seed.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using std::string_view_literals::operator""sv;

struct Case {
  Encoding encoding = Encoding::kUtf8;
  std::optional<MultilineOptions> multiline = {};
  size_t max = 64;
};

struct Cut {
  uint64_t offset;
  uint64_t next;
  std::string text;
  std::string exact;
  v1::LinePart part;
  friend bool operator==(const Cut&, const Cut&) = default;
};

void PrintTo(const Cut& cut, std::ostream* out) {
  *out << cut.offset << " " << v1::LinePart_Name(cut.part) << " '" << cut.text << "'";
}

// A framer on a file that grows.
class Reading {
 public:
  explicit Reading(const Case& options)
      : encoding_(options.encoding),
        rule_(options.multiline.has_value() ? std::optional(*MultilineRule::Create(*options.multiline)) : std::nullopt),
        framer_(options.max) {
    framer_.Use(options.encoding, rule_.has_value() ? &*rule_ : nullptr,
                options.multiline.has_value() ? options.multiline->lines_max : 0);
  }

  // Goes on at `offset`, knowing nothing but the bytes before.
  void StartAt(std::string_view file, uint64_t offset) {
    offset_ = offset;
    state_ = {.known = true, .inside = offset > 0 && !EndsWithNewline(encoding_, file, offset)};
  }

  // Reads on, `chunk` bytes at a time, where the file ends in `size` bytes now.
  void Read(std::string_view file, size_t size, size_t chunk, bool flush, bool finishing) {
    while (true) {
      const bool at_end = size - offset_ <= chunk;
      framer_.Begin({.bytes = file.substr(offset_, std::min<size_t>(chunk, size - offset_)),
                     .offset = offset_,
                     .at_end = at_end,
                     .flush = flush,
                     .finishing = finishing},
                    state_);
      const uint64_t before = offset_;
      Frame frame;
      while (framer_.Next(&frame)) {
        cuts_.push_back({frame.offset, frame.next, std::string(frame.text), std::string(frame.exact), frame.part});
        offset_ = frame.next;
        state_ = frame.after;
      }
      if (at_end) return;
      ASSERT_GT(offset_, before) << "stands still";
    }
  }
  const std::vector<Cut>& cuts() const { return cuts_; }

 private:
  const Encoding encoding_;
  const std::optional<MultilineRule> rule_;
  GroupFramer framer_;
  uint64_t offset_ = 0;
  FrameState state_ = {.known = true};
  std::vector<Cut> cuts_;
};

std::vector<Cut> All(const Case& options, std::string_view file) {
  Reading reading(options);
  reading.Read(file, file.size(), 1 << 20, false, /*finishing=*/true);
  return reading.cuts();
}

// "text", with + where it goes on in the next part, and ~ where its newline is missing.
std::vector<std::string> Texts(const std::vector<Cut>& cuts) {
  std::vector<std::string> texts;
  for (const Cut& cut : cuts) {
    const bool cut_off = cut.part == v1::LINE_PART_UNTERMINATED || cut.part == v1::LINE_PART_LAST_UNTERMINATED;
    texts.push_back(StrCat(cut.text, GoesOn(cut.part) ? "+" : cut_off ? "~" : ""));
  }
  return texts;
}

const MultilineOptions kIndented = {.indented = true};
using Lines = std::vector<std::string>;

TEST(GroupFramerTest, LinesThatGoOnAreOneRecordAsTheyStand) {
  EXPECT_EQ(Texts(All({.multiline = kIndented}, "a\n b\r\n\tc\nd\r\n\n e\n")), (Lines{"a\n b\r\n\tc", "d\r", "\n e"}));
  EXPECT_EQ(Texts(All({.multiline = kIndented}, " a\n b\nc\n d")), (Lines{" a\n b", "c\n d~"}));
  EXPECT_EQ(Texts(All({.multiline = kIndented}, "a\n b\nc")), (Lines{"a\n b", "c~"}));
  EXPECT_EQ(Texts(All({}, "a\n b\n")), (Lines{"a", " b"})) << "without a rule";
}

TEST(GroupFramerTest, ARecordWaitsForTheNextOneOrToBeFlushed) {
  Reading reading({.multiline = kIndented});
  const std::string_view file = "a\n b\nc\n d";
  reading.Read(file, 2, 200, false, false);
  reading.Read(file, 5, 200, false, false);
  EXPECT_EQ(Texts(reading.cuts()), Lines{});
  reading.Read(file, 7, 200, false, false);
  EXPECT_EQ(Texts(reading.cuts()), Lines{"a\n b"});
  reading.Read(file, 9, 200, /*flush=*/true, false);
  EXPECT_EQ(Texts(reading.cuts()), (Lines{"a\n b", "c"})) << "not the line without its newline";
}

TEST(GroupFramerTest, WhatComesBehindAFlushBeginsARecord) {
  Reading reading({.multiline = kIndented});
  const std::string_view file = "a\n b\n c\nd\n";
  reading.Read(file, 5, 200, /*flush=*/true, false);
  reading.Read(file, file.size(), 200, /*flush=*/true, false);
  EXPECT_EQ(Texts(reading.cuts()), (Lines{"a\n b", " c", "d"}));
  Reading again({.multiline = kIndented});
  again.StartAt(file, 5);
  again.Read(file, file.size(), 200, /*flush=*/true, false);
  EXPECT_EQ(Texts(again.cuts()), (Lines{" c", "d"})) << "the same when it is read again";
}

TEST(GroupFramerTest, MoreThanTheBoundsGoesOutInParts) {
  const Case by_bytes = {.multiline = kIndented, .max = 8};
  EXPECT_EQ(Texts(All(by_bytes, "12345\n 12345\n 1\nx\n")), (Lines{"12345\n 1+", "2345\n 1", "x"}));
  EXPECT_EQ(Texts(All(by_bytes, "1234567\n 1\nx\n")), (Lines{"1234567+", "\n 1", "x"})) << "never behind a newline";
  EXPECT_EQ(Texts(All(by_bytes, "1234567890\n 1\n")), (Lines{"12345678+", "90\n 1"})) << "inside of a line";
  const Case by_lines = {.multiline = MultilineOptions{.indented = true, .lines_max = 3}};
  EXPECT_EQ(Texts(All(by_lines, "a\n b\n c\n d\n e\n f\ng\n")), (Lines{"a\n b\n c+", "\n d\n e+", "\n f", "g"}));
}

TEST(GroupFramerTest, NothingButNewlinesEndsAtTheBounds) {
  const MultilineOptions all_go_on = {.start = "^x"};
  EXPECT_EQ(Texts(All({.multiline = all_go_on, .max = 4}, "\n\n\n\n\n\nx\n")), (Lines{"\n\n\n", "\n", "x"}));
}

TEST(GroupFramerTest, Utf16LinesAreTextAndOffsetsAreTheFiles) {
  const std::string_view file =
      "\xff\xfe"
      "a\0\n\0\xac\x20\r\0\n\0\n\0z\0"sv;
  const std::vector<Cut> cuts = All({.encoding = Encoding::kUtf16Le}, file);
  EXPECT_EQ(Texts(cuts), (Lines{"a", "\u20ac\r", "", "z~"}));
  EXPECT_EQ(cuts[0].offset, 2u) << "the mark is none of the first line";
  EXPECT_EQ(cuts[1].offset, 6u);
  EXPECT_EQ(cuts[3].offset, 14u);
}

TEST(GroupFramerTest, WhatIsNoTextKeepsItsBytes) {
  const std::vector<Cut> cuts = All({.encoding = Encoding::kUtf16Be}, "\0a\xd8\x00\0\n\0b\0\n\0"sv);
  EXPECT_EQ(Texts(cuts), (Lines{"a\uFFFD", "b", "\uFFFD~"}));
  EXPECT_EQ(cuts[0].exact, "\0a\xd8\x00"sv);
  EXPECT_EQ(cuts[1].exact, "");
  EXPECT_EQ(cuts[2].exact, "\0"sv);
}

TEST(GroupFramerTest, HalfACodeUnitWaits) {
  Reading reading({.encoding = Encoding::kUtf16Le});
  const std::string_view file = "a\0\n\0b\0\n\0"sv;
  for (size_t size = 1; size <= file.size(); ++size) reading.Read(file, size, 200, true, false);
  EXPECT_EQ(Texts(reading.cuts()), (Lines{"a", "b"}));
}

TEST(GroupFramerTest, MultilineInLatin1) {
  EXPECT_EQ(Texts(All({.encoding = Encoding::kLatin1, .multiline = MultilineOptions{.start = "^\u00e4"}},
                      "\xe4 x\ny \xff\n\xe4\n")),
            (Lines{"\u00e4 x\ny \u00ff", "\u00e4"}));
}

// A random file of short lines, some of which go on, in which everything happens that moves a cut.
std::string RandomFile(std::mt19937_64* random, Encoding encoding) {
  const std::vector<std::string> pieces = {"a",
                                           " ",
                                           "\n",
                                           "\n ",
                                           "\n\t",
                                           "\nx",
                                           "\n\n",
                                           "\r\n",
                                           "\u20ac",
                                           "\xff",
                                           "bbbbbbb",
                                           "\n at x\n",
                                           "cccccccccccccccccccc"};
  std::string file;
  for (size_t i = (*random)() % 60; i > 0; --i) file += pieces[(*random)() % pieces.size()];
  if (UnitBytes(encoding) == 1) return file;
  std::string wide;
  for (char c : file) {
    const char high = (*random)() % 9 == 0 ? '\xd8' : '\0';
    wide += encoding == Encoding::kUtf16Be ? std::string{high, c} : std::string{c, high};
  }
  return wide;
}

TEST(GroupFramerTest, ChunksAndCrashesChangeNothing) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  const std::vector<std::optional<MultilineOptions>> rules = {
      std::nullopt, kIndented, MultilineOptions{.start = "^(x|$)", .lines_max = 4},
      MultilineOptions{.continuation = "^( at|$)"},
      MultilineOptions{.presets = {TraceKind::kJava, TraceKind::kPython}}};
  for (int run = 0; run < 3000; ++run) {
    Case options;
    options.encoding =
        std::vector{Encoding::kUtf8, Encoding::kLatin1, Encoding::kUtf16Le, Encoding::kUtf16Be}[random() % 4];
    options.multiline = rules[random() % rules.size()];
    options.max = 4 + random() % 30;
    const std::string file = RandomFile(&random, options.encoding);
    const std::vector<Cut> expected = All(options, file);

    // The parts and the newlines between them are the file.
    uint64_t at = file.empty() ? 0 : MarkBytes(options.encoding, file);
    for (const Cut& cut : expected) {
      ASSERT_EQ(cut.offset, at);
      at = cut.next;
    }
    ASSERT_EQ(at, file.size());

    Reading grown(options);
    const size_t chunk = 2 * options.max + 8 + random() % 50;
    for (size_t size = 0; size < file.size(); size += 1 + random() % 20) grown.Read(file, size, chunk, false, false);
    grown.Read(file, file.size(), chunk, false, true);
    ASSERT_EQ(grown.cuts(), expected) << "run " << run;

    if (expected.empty()) continue;
    const size_t crash = random() % expected.size();
    Reading again(options);
    again.StartAt(file, expected[crash].offset);
    again.Read(file, file.size(), chunk, false, true);
    const std::vector<Cut> rest(expected.begin() + static_cast<ptrdiff_t>(crash), expected.end());
    ASSERT_EQ(again.cuts(), rest) << "run " << run << " from " << expected[crash].offset;
  }
}

// Against the plainest way to say it, where no bound is reached.
TEST(GroupFramerTest, GroupsAsASlowReadingDoes) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  for (int run = 0; run < 1000; ++run) {
    std::string file = RandomFile(&random, Encoding::kUtf8) + "\n";
    std::erase(file, '\xff');  // to RE2, which sees characters, it is none
    std::vector<std::string> expected;
    for (size_t begin = 0; begin < file.size();) {
      const size_t end = file.find('\n', begin);
      const std::string line = file.substr(begin, end - begin);
      const bool goes_on = !expected.empty() && !line.empty() && (line[0] == ' ' || line[0] == '\t');
      if (goes_on) {
        expected.back() += "\n" + line;
      } else {
        expected.push_back(line);
      }
      begin = end + 1;
    }
    for (const MultilineOptions& options :
         {kIndented, MultilineOptions{.start = "^([^ \\t]|$)"}, MultilineOptions{.continuation = "^[ \\t]"}}) {
      ASSERT_EQ(Texts(All({.multiline = options, .max = 1 << 16}, file)), expected) << "run " << run;
    }
  }
}

}  // namespace
}  // namespace sluice::agent
