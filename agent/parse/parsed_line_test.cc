#include "agent/parse/parsed_line.h"

#include <cstring>
#include <deque>
#include <string>

#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Names(const ParsedLine& line) {
  std::string names;
  for (const auto& [name, value] : line.attributes()) StrAppend(&names, names.empty() ? "" : " ", name, "=", value);
  return names;
}

TEST(ParsedLineTest, TheFirstFieldOfANameCounts) {
  ParsedLine line;
  line.AddField("a", "1");
  line.AddField("", "2");
  line.AddField("a", "3");
  line.AddField("", "4");
  line.SayWhatIsOmitted();
  EXPECT_EQ(Names(line), "a=1 =2 fields_omitted=2");
  line.Clear();
  line.AddField("a", "5");
  line.SayWhatIsOmitted();
  EXPECT_EQ(Names(line), "a=5");
}

TEST(ParsedLineTest, BoundsTheirNumber) {
  ParsedLine line;
  std::deque<std::string> names;
  for (int i = 0; i < 1000; ++i) line.AddField(names.emplace_back(StrCat("name", i)), "x");
  line.SayWhatIsOmitted();
  ASSERT_EQ(line.attributes().size(), kAttributesMax);
  EXPECT_EQ(line.attributes().back(), ParsedLine::Attribute("fields_omitted", "873"));
  EXPECT_EQ(line.attributes()[126].first, "name126");
}

TEST(ParsedLineTest, BoundsTheirBytes) {
  ParsedLine line;
  const std::string large(kAttributeBytesMax - 2, 'x');
  line.AddField("a", large + "xx");
  line.AddField("b", large);
  line.AddField("c", "");
  line.AddField("d", "");
  line.SayWhatIsOmitted();
  ASSERT_EQ(line.attributes().size(), 3);
  EXPECT_EQ(line.attributes()[0].second.size(), large.size()) << "what fits is kept, wherever it stands";
  EXPECT_EQ(line.attributes()[1].first, "c");
  EXPECT_EQ(line.attributes()[2], ParsedLine::Attribute("fields_omitted", "2"));
}

TEST(ParsedLineTest, SaysWhatIsOmittedOverAFieldOfTheSameName) {
  ParsedLine line;
  line.AddField("fields_omitted", "mine");
  line.SayWhatIsOmitted();
  EXPECT_EQ(Names(line), "fields_omitted=mine");
  line.OmitField();
  line.attributes_are_inside = true;
  line.SayWhatIsOmitted();
  EXPECT_EQ(Names(line), "fields_omitted=1");
  EXPECT_FALSE(line.attributes_are_inside);  // the name is nobody's
}

TEST(ParsedLineTest, HasRoomForAsManyBytesAsAttributesMayHave) {
  ParsedLine line;
  for (int round = 0; round < 2; ++round) {
    char* const room = line.Room(kAttributeBytesMax);
    ASSERT_NE(room, nullptr);
    std::memset(room, 'x', kAttributeBytesMax);
    EXPECT_EQ(line.Keep(kAttributeBytesMax - 1).size(), kAttributeBytesMax - 1);
    EXPECT_NE(line.Room(1), nullptr);
    EXPECT_EQ(line.Room(2), nullptr);
    line.GiveBackRoom(0);
    EXPECT_NE(line.Room(kAttributeBytesMax), nullptr);
    EXPECT_EQ(line.Room(kAttributeBytesMax + 1), nullptr);
    line.Clear();
  }
}

TEST(ParsedLineTest, AFailureIsTheOnlyAttribute) {
  ParsedLine line;
  line.AddField("a", "1");
  line.OmitField();
  line.attributes_are_inside = true;
  line.Fail("no such thing");
  EXPECT_FALSE(line.attributes_are_inside);
  line.SayWhatIsOmitted();
  EXPECT_EQ(Names(line), "parse_error=no such thing");
  EXPECT_EQ(line.parse_error, "no such thing");
  line.Clear();
  EXPECT_EQ(line.parse_error, "");
}

}  // namespace
}  // namespace sluice::agent
