#include "agent/frame/container_framer.h"

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

using Lines = std::vector<std::string>;

std::string Cri(std::string_view stream, std::string_view tag, std::string_view text) {
  return StrCat("2026-11-20T09:15:39.123456789Z ", stream, " ", tag, " ", text, "\n");
}

std::string ShowPart(v1::LinePart part) {
  constexpr const char* kShown[] = {"", "FIRST ", "MIDDLE ", "LAST ", "CUT ", "LAST CUT "};
  return kShown[part];
}

struct Case {
  Container container = Container::kCri;
  std::optional<MultilineOptions> multiline = {};
  size_t max = 400;
};

// A framer on a file that grows; what comes out as "offset: FIRST stdout text".
class Reading {
 public:
  explicit Reading(const Case& options)
      : rule_(options.multiline.has_value() ? std::optional(*MultilineRule::Create(*options.multiline)) : std::nullopt),
        framer_(options.max) {
    framer_.Use(options.container, rule_.has_value() ? &*rule_ : nullptr, 500);
  }
  void StartAt(std::string_view file, uint64_t offset) {
    offset_ = offset;
    const uint64_t before = std::min<uint64_t>(offset, ContainerFramer::kLookBackBytes + 1);
    state_ = framer_.StateBehind(file.substr(offset - before, before), offset);
  }
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
        offsets_.push_back(frame.offset);
        shown_.push_back(StrCat(ShowPart(frame.part), frame.error.empty() ? frame.stream : "error", " ", frame.text));
        offset_ = frame.next;
        state_ = frame.after;
      }
      if (at_end) return;
      ASSERT_GT(offset_, before) << "stands still";
    }
  }
  const Lines& shown() const { return shown_; }
  const std::vector<uint64_t>& offsets() const { return offsets_; }

 private:
  const std::optional<MultilineRule> rule_;
  ContainerFramer framer_;
  uint64_t offset_ = 0;
  FrameState state_ = {.known = true};
  Lines shown_;
  std::vector<uint64_t> offsets_;
};

Lines All(const Case& options, std::string_view file) {
  Reading reading(options);
  reading.Read(file, file.size(), 1 << 20, false, /*finishing=*/true);
  return reading.shown();
}

TEST(ContainerFramerTest, PartsOfALineAreJoined) {
  EXPECT_EQ(All({}, Cri("stdout", "P", "one ") + Cri("stdout", "P", "two ") + Cri("stdout", "F", "three") +
                        Cri("stderr", "F", "x") + Cri("stdout", "F", "")),
            (Lines{"stdout one two three", "stderr x", "stdout "}));
}

TEST(ContainerFramerTest, DockersToo) {
  EXPECT_EQ(All({.container = Container::kDockerJson},
                "{\"log\":\"one \",\"stream\":\"stdout\",\"time\":\"2026-11-20T09:15:39Z\"}\n"
                "{\"log\":\"two\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T09:15:40Z\"}\n"),
            (Lines{"stdout one two"}));
}

TEST(ContainerFramerTest, PartsWithTheOtherStreamBetweenAreMarked) {
  EXPECT_EQ(All({}, Cri("stdout", "P", "one ") + Cri("stderr", "F", "x") + Cri("stdout", "P", "two ") +
                        Cri("stderr", "P", "y") + Cri("stdout", "F", "three") + Cri("stderr", "F", "z")),
            (Lines{"FIRST stdout one ", "stderr x", "MIDDLE stdout two ", "FIRST stderr y", "LAST stdout three",
                   "LAST stderr z"}));
}

TEST(ContainerFramerTest, WhatIsNoWrapperGoesOnAsItStands) {
  EXPECT_EQ(All({}, Cri("stdout", "P", "one ") + "text\n" + Cri("stdout", "F", "two") + "\nlast"),
            (Lines{"FIRST stdout one ", "error text", "LAST stdout two", "error ", "CUT error last"}));
}

TEST(ContainerFramerTest, ALineTooLongToBeLookedAtGoesOutInParts) {
  const std::string longer = Cri("stdout", "F", std::string(300, 'x'));
  EXPECT_EQ(All({.max = 100}, Cri("stdout", "F", "a") + longer + Cri("stdout", "F", "b")),
            (Lines{"stdout a", "FIRST error " + longer.substr(0, 100), "MIDDLE error " + longer.substr(100, 100),
                   "MIDDLE error " + longer.substr(200, 100), "LAST  " + longer.substr(300, longer.size() - 301),
                   "stdout b"}));
}

TEST(ContainerFramerTest, WhatIsJoinedIsBounded) {
  EXPECT_EQ(All({.max = 160}, Cri("stdout", "P", "1234567890") + Cri("stdout", "P", "abcdefghij") +
                                  Cri("stdout", "P", "1234567890") + Cri("stdout", "P", "abcdefghij") +
                                  Cri("stdout", "P", "1234567890") + Cri("stdout", "P", "abcdefghij") +
                                  Cri("stdout", "F", "end")),
            (Lines{"FIRST stdout 1234567890abcdefghij1234567890", "MIDDLE stdout abcdefghij1234567890abcdefghij",
                   "LAST stdout end"}));
}

TEST(ContainerFramerTest, LinesThatGoOnAreOneRecord) {
  const Case java = {.multiline = MultilineOptions{.presets = {TraceKind::kJava}}};
  EXPECT_EQ(
      All(java, Cri("stderr", "F", "ERROR x") + Cri("stderr", "F", "java.lang.Error: y") + Cri("stderr", "P", "\tat ") +
                    Cri("stderr", "F", "A.b") + Cri("stdout", "F", "\tat Z") + Cri("stderr", "F", "next")),
      (Lines{"stderr ERROR x\njava.lang.Error: y\n\tat A.b", "stdout \tat Z", "stderr next"}));
}

TEST(ContainerFramerTest, WaitsForThePartsThatAreMissing) {
  Reading reading({});
  const std::string first = Cri("stdout", "P", "one ");
  const std::string file = first + Cri("stdout", "F", "two");
  reading.Read(file, first.size(), 1000, false, false);
  EXPECT_EQ(reading.shown(), Lines{});
  reading.Read(file, first.size(), 1000, /*flush=*/true, false);
  reading.Read(file, file.size(), 1000, false, false);
  EXPECT_EQ(reading.shown(), (Lines{"FIRST stdout one ", "LAST stdout two"})) << "but not for ever";
}

std::string RandomFile(std::mt19937_64* random) {
  std::string file;
  for (size_t i = (*random)() % 40; i > 0; --i) {
    const auto pick = (*random)() % 20;
    if (pick == 0) {
      file += "no wrapper\n";
    } else if (pick == 1) {
      file += std::string((*random)() % 300, 'x') + "\n";
    } else {
      file += Cri((*random)() % 3 == 0 ? "stderr" : "stdout", (*random)() % 3 == 0 ? "P" : "F",
                  (*random)() % 3 == 0 ? "\tat x" : std::string((*random)() % 30, 'y'));
    }
  }
  if ((*random)() % 3 == 0) file.resize(file.size() - std::min<size_t>(file.size(), (*random)() % 9));
  return file;
}

TEST(ContainerFramerTest, ChunksAndCrashesChangeNothing) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  for (int run = 0; run < 2000; ++run) {
    Case options;
    options.max = 80 + random() % 100;
    if (random() % 2 == 0) options.multiline = MultilineOptions{.presets = {TraceKind::kJava}};
    const std::string file = RandomFile(&random);
    Reading whole(options);
    whole.Read(file, file.size(), 1 << 20, false, true);

    Reading grown(options);
    const size_t chunk = 2 * options.max + 100 + random() % 200;
    for (size_t size = 0; size < file.size(); size += 1 + random() % 90) grown.Read(file, size, chunk, false, false);
    grown.Read(file, file.size(), chunk, false, true);
    ASSERT_EQ(grown.shown(), whole.shown()) << "run " << run;
    ASSERT_EQ(grown.offsets(), whole.offsets()) << "run " << run;

    if (whole.shown().empty()) continue;
    const size_t crash = random() % whole.shown().size();
    Reading again(options);
    again.StartAt(file, whole.offsets()[crash]);
    again.Read(file, file.size(), chunk, false, true);
    const Lines rest(whole.shown().begin() + static_cast<ptrdiff_t>(crash), whole.shown().end());
    ASSERT_EQ(again.shown(), rest) << "run " << run << " from " << whole.offsets()[crash];
  }
}

}  // namespace
}  // namespace sluice::agent
