#include "consumer/monitor/access/section.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

TEST(SectionTest, IsTheFirstPartOfThePath) {
  struct Case {
    std::string_view target;
    std::string_view section;
  };
  constexpr Case kCases[] = {
      {"/pages/create/x", "/pages"},
      {"/pages", "/pages"},
      {"/pages/", "/pages"},
      {"/", "/"},
      {"/index.html", "/index.html"},
      // Queries, fragments, parameters.
      {"/pages?q=/a/b", "/pages"},
      {"/pages/x?q", "/pages"},
      {"/?q=1", "/"},
      {"/#top", "/"},
      {"/pages;jsessionid=1A/x", "/pages"},
      {"/;x", "/"},
      // Double slashes, dots.
      {"//pages//create", "/pages"},
      {"///", "/"},
      {"//?q", "/"},
      {"/./pages/x", "/pages"},
      {"/.", "/"},
      {"/./", "/"},
      {"/.?q", "/"},
      {"/../etc/passwd", "/.."},
      {"/.well-known/acme-challenge/x", "/.well-known"},
      // Absolute form.
      {"http://example.org/pages/x", "/pages"},
      {"https://example.org:8443//pages", "/pages"},
      {"http://example.org", "/"},
      {"http://example.org?q", "/"},
      {"http://", "/"},
      // No path.
      {"*", "*"},
      {"example.org:443", "-"},
      {"", "-"},
      {"-", "-"},
      {"pages/x", "-"},
      {R"(\x16\x03)", "-"},
      // Percent-encoding.
      {"/%70ages/x", "/pages"},
      {"/%7Euser/x", "/~user"},
      {"/a%2fb/c", "/a%2Fb"},
      {"/caf%c3%a9/x", "/caf%C3%A9"},
      {"/100%/x", "/100%"},
      {"/%zz/x", "/%zz"},
      {"/%2E/pages", "/pages"},
      {"/a?b=%70", "/a"},
      {"/café/x", "/café"},
  };
  std::string scratch;
  for (const Case& c : kCases) EXPECT_EQ(SectionOf(c.target, &scratch), c.section) << c.target;
}

TEST(SectionTest, IsCutBetweenCharacters) {
  std::string scratch;
  EXPECT_EQ(SectionOf("/" + std::string(500, 'x'), &scratch), "/" + std::string(127, 'x'));
  EXPECT_EQ(SectionOf("/" + std::string(126, 'x') + "é/y", &scratch), "/" + std::string(126, 'x'));
}

}  // namespace
}  // namespace sluice::monitor
