#include "agent/parse/field_selection.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

TEST(FieldSelectionTest, WantsAllNoneOrTheNamedOnes) {
  EXPECT_TRUE(FieldSelection::All().Wants("a"));
  EXPECT_TRUE(FieldSelection::All().WantsInside("a"));
  EXPECT_FALSE(FieldSelection::None().Wants("a"));
  EXPECT_FALSE(FieldSelection::None().WantsInside("a"));
  EXPECT_TRUE(FieldSelection::None().none());
  const FieldSelection named = *FieldSelection::Named({"user", "http.status", "user"});
  EXPECT_EQ(named.names().size(), 2) << "twice is once";
  EXPECT_FALSE(named.none() || named.all());
  EXPECT_TRUE(named.Wants("user"));
  EXPECT_TRUE(named.Wants("http.status"));
  for (const char* name : {"", "use", "users", "User", "http", "http.", "status"})
    EXPECT_FALSE(named.Wants(name)) << name;
  EXPECT_TRUE(named.WantsInside("http"));
  for (const char* name : {"", "htt", "http.", "http.status", "user"}) EXPECT_FALSE(named.WantsInside(name)) << name;
}

TEST(FieldSelectionTest, SaysWhatIsWrongWithAName) {
  const auto problem = [](const std::vector<std::string>& names) {
    return std::string(FieldSelection::Named(names).status().message());
  };
  EXPECT_EQ(problem({}), "found an empty list; name the fields that are wanted, or say none");
  EXPECT_EQ(problem({"a", ""}), "found \"\"; a field's name has 1 to 256 bytes of text");
  EXPECT_EQ(problem({"\xff"}), "found \"\\xff\"; a field's name has 1 to 256 bytes of text");
  EXPECT_EQ(problem(std::vector<std::string>(128, "a")), "found 128 names; at most 127 are allowed");
  EXPECT_TRUE(FieldSelection::Named({std::string(256, 'a')}).ok());
  EXPECT_FALSE(FieldSelection::Named({std::string(257, 'a')}).ok());
}

}  // namespace
}  // namespace sluice::agent
