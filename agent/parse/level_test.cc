#include "agent/parse/level.h"

#include <string>
#include <string_view>

#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

// The severity and its text, "-" if there is none.
std::string Word(std::string_view text, LevelPlace place) {
  ParsedLine line;
  const size_t size = ReadLevelWord(text, place, &line);
  EXPECT_EQ(line.severity_text, text.substr(0, size)) << text;
  return size == 0 ? "-" : Show(line).substr(2);
}

struct Row {
  std::string_view text;
  std::string_view first;  // where it stands first in the line
  std::string_view after;  // behind a time
  std::string_view later;  // behind a time and another word
};

TEST(LevelTest, JudgesAWordByItsPlaceAndWhatFollows) {
  constexpr Row kRows[] = {
      {"ERROR something", "ERROR ERROR", "ERROR ERROR", "ERROR ERROR"},
      {"ERROR", "ERROR ERROR", "ERROR ERROR", "ERROR ERROR"},
      {"WARN: x", "WARN WARN", "WARN WARN", "WARN WARN"},
      {"INFO\tx", "INFO INFO", "INFO INFO", "INFO INFO"},
      {"INFO/Main] x", "INFO INFO", "INFO INFO", "INFO INFO"},
      {"INFO[0000] x", "INFO INFO", "INFO INFO", "INFO INFO"},
      {"DEBUG|x", "DEBUG DEBUG", "DEBUG DEBUG", "DEBUG DEBUG"},
      {"SEVERE [main]", "ERROR SEVERE", "ERROR SEVERE", "ERROR SEVERE"},
      {"CONFIG: x", "DEBUG CONFIG", "DEBUG CONFIG", "DEBUG CONFIG"},
      {"config: x", "-", "-", "-"},
      {"Config: x", "-", "-", "-"},
      {"DEBUG2: x", "DEBUG DEBUG2", "DEBUG DEBUG2", "DEBUG DEBUG2"},
      {"DEBUG5: x", "DEBUG DEBUG5", "DEBUG DEBUG5", "DEBUG DEBUG5"},
      {"LOG:  x", "INFO LOG", "INFO LOG", "INFO LOG"},
      {"LOG x", "-", "-", "-"},
      {"ERRORS: x", "-", "-", "-"},
      {"ERROR_CODE=1", "-", "-", "-"},
      {"ERROR=1", "-", "-", "-"},
      {"ERROR.", "-", "-", "-"},
      {"INFORMATIONALLY x", "-", "-", "-"},
      {"AAAAAAAAAAAAAAAAAAAAAAAAAA x", "-", "-", "-"},
      // In small letters a colon, a tab or a bar must say that it is a level.
      {"error: x", "ERROR error", "ERROR error", "-"},
      {"Error: x", "ERROR Error", "ERROR Error", "-"},
      {"warning:", "WARN warning", "WARN warning", "-"},
      {"error:x", "-", "-", "-"},
      {"error x", "-", "-", "-"},
      {"info\tx", "-", "INFO info", "-"},
      {"info|x", "-", "INFO info", "-"},
      {"info | x", "-", "INFO info", "-"},
      {"info x", "-", "-", "-"},
      {"infos: x", "-", "-", "-"},
      // One letter needs even more.
      {"E: Unable to locate", "ERROR E", "ERROR E", "-"},
      {"e: x", "-", "-", "-"},
      {"C:\\Windows", "-", "-", "-"},
      {"X: x", "-", "-", "-"},
      {"I, [2026-11-20", "INFO I", "INFO I", "-"},
      {"I, however", "-", "-", "-"},
      {"I am here", "-", "-", "-"},
      {"I NETWORK  [conn] x", "-", "INFO I", "-"},
      {"W [conn] x", "-", "WARN W", "-"},
      {"I | x", "-", "INFO I", "-"},
      {"D\tx", "-", "DEBUG D", "-"},
      {"E", "-", "-", "-"},
      {"", "-", "-", "-"},
      {"123", "-", "-", "-"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(Word(row.text, LevelPlace::kFirst), row.first) << row.text;
    EXPECT_EQ(Word(row.text, LevelPlace::kAfterTime), row.after) << row.text;
    EXPECT_EQ(Word(row.text, LevelPlace::kLater), row.later) << row.text;
  }
}

TEST(LevelTest, FindsALevelInBrackets) {
  struct Inside {
    std::string_view text;
    std::string_view found;
  };
  constexpr Inside kRows[] = {
      {"error", "ERROR error"},
      {"INFO ", "INFO INFO"},
      {"  Warning ", "WARN Warning"},
      {"core:error", "ERROR error"},
      {"Main/INFO", "INFO INFO"},
      {"E", "ERROR E"},
      {"DEBUG2", "DEBUG DEBUG2"},
      {"CONFIG", "DEBUG CONFIG"},
      {"config", "-"},
      {"", "-"},
      {" ", "-"},
      {"e", "-"},
      {"1", "-"},
      {"thread main", "-"},
      {"error 5", "-"},
      {"main/error", "-"},
      {"core:", "-"},
      {"/", "-"},
      {"exec-1", "-"},
      {"o.e.n.Node", "-"},
  };
  for (const Inside& row : kRows) {
    ParsedLine line;
    const bool found = ReadLevelInBrackets(row.text, &line);
    EXPECT_EQ(found ? Show(line).substr(2) : "-", row.found) << row.text;
  }
}

}  // namespace
}  // namespace sluice::agent
