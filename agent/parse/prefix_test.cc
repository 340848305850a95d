#include "agent/parse/prefix.h"

#include <string>
#include <string_view>

#include "agent/parse/show.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

struct Row {
  std::string_view text;
  std::string_view found;  // and how many bytes it takes
};

TEST(PrefixTest, ReadsSyslogsPriority) {
  constexpr Row kRows[] = {
      {"<34>Oct 11 22:14:15", "- FATAL <34> 4"},
      {"<165>1 2026-11-20", "- INFO <165> 7"},
      {"<0>x", "- FATAL <0> 3"},
      {"<3>", "- ERROR <3> 3"},
      {"<191>x", "- DEBUG <191> 5"},
      {"<4>10 times", "- WARN <4> 3"},
      {"<192>x", "- - - 0"},
      {"<1000>x", "- - - 0"},
      {"<>x", "- - - 0"},
      {"<3", "- - - 0"},
      {"<", "- - - 0"},
      {"<a>x", "- - - 0"},
      {"<-1>x", "- - - 0"},
      {"3>x", "- - - 0"},
      {"", "- - - 0"},
  };
  for (const Row& row : kRows) {
    ParsedLine line;
    const size_t size = ReadSyslogPriority(row.text, &line);
    EXPECT_EQ(StrCat(Show(line), " ", size), row.found) << row.text;
  }
}

TEST(PrefixTest, ReadsKlogsHeader) {
  constexpr Row kRows[] = {
      {"I1120 09:15:39.123456       1 main.go:12] x", "2026-11-20T09:15:39.123456Z INFO I 21"},
      {"W1120 09:15:39.1 1 x", "2026-11-20T09:15:39.1Z WARN W 16"},
      {"E20261120 09:15:39.123456 1 main.cc:12] x", "2026-11-20T09:15:39.123456Z ERROR E 25"},
      {"F1120 09:15:39.123456", "2026-11-20T09:15:39.123456Z FATAL F 21"},
      {"X1120 09:15:39.123456", "- - - 0"},
      {"I1320 09:15:39.123456", "- - - 0"},
      {"I11", "- - - 0"},
      {"I", "- - - 0"},
      {"", "- - - 0"},
  };
  for (const Row& row : kRows) {
    TimeReader times;
    times.set_now(kTestNow);
    ParsedLine line;
    const size_t size = ReadKlogHeader(row.text, &times, &line);
    EXPECT_EQ(StrCat(Show(line), " ", size), row.found) << row.text;
  }
}

TEST(PrefixTest, ReadsRedissHeader) {
  constexpr Row kRows[] = {
      {"1234:M 20 Nov 2026 09:15:39.123 * Ready", "2026-11-20T09:15:39.123Z INFO * 33"},
      {"1:C 20 Nov 2026 09:15:39.123 # Warning", "2026-11-20T09:15:39.123Z WARN # 30"},
      {"1:S 20 Nov 2026 09:15:39.123 - x", "2026-11-20T09:15:39.123Z DEBUG - 30"},
      {"1:X 20 Nov 2026 09:15:39.123 . x", "2026-11-20T09:15:39.123Z DEBUG . 30"},
      {"1:M 20 Nov 2026 09:15:39.123 ? x", "- - - 0"},
      {"1:M 20 Nov 2026 09:15:39.123", "- - - 0"},
      {"1:M x", "- - - 0"},
      {"1:m 20 Nov 2026 09:15:39.123 * x", "- - - 0"},
      {":M 20 Nov 2026 09:15:39.123 * x", "- - - 0"},
      {"12", "- - - 0"},
      {"", "- - - 0"},
  };
  for (const Row& row : kRows) {
    TimeReader times;
    ParsedLine line;
    const size_t size = ReadRedisHeader(row.text, &times, &line);
    EXPECT_EQ(StrCat(Show(line), " ", size), row.found) << row.text;
  }
}

}  // namespace
}  // namespace sluice::agent
