#include "agent/process/redactor.h"

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

Redactor Make(const std::vector<RedactRule>& rules) {
  absl::StatusOr<Redactor> redactor = Redactor::Create(rules);
  EXPECT_TRUE(redactor.ok()) << redactor.status();
  return *redactor;
}

struct Redacted {
  uint32_t count;
  std::string text;
  friend bool operator==(const Redacted&, const Redacted&) = default;
};

Redacted Redact(const Redactor& redactor, std::string_view text) {
  std::vector<Secret> scratch;
  std::string out = "untouched";
  const uint32_t count = redactor.Redact(text, &scratch, &out);
  return {count, out};
}

TEST(RedactorTest, NothingConfiguredDoesNothing) {
  EXPECT_FALSE(Make({}).active());
  EXPECT_EQ(Redact(Make({}), "a@b.org"), (Redacted{0, "untouched"}));
}

TEST(RedactorTest, PresetsEachWithItsMask) {
  const Redactor redactor = Make({{.presets = kCardNumbers, .mask = "<card>"}, {.presets = kEmails}});
  EXPECT_EQ(Redact(redactor, "a@b.org paid with 4111111111111111, c@d.org too"),
            (Redacted{3, "*** paid with <card>, *** too"}));
  EXPECT_EQ(Redact(redactor, "nothing here"), (Redacted{0, "untouched"}));
}

TEST(RedactorTest, ExpressionsInTheirOrderAfterThePresets) {
  const Redactor redactor = Make({{.regex = R"(user=(\w)\w*)", .mask = R"(user=\1..)"},
                                  {.regex = "mask", .mask = "seen"},
                                  {.presets = kEmails, .mask = "mask"}});
  EXPECT_EQ(Redact(redactor, "user=ann a@b.org"), (Redacted{3, "user=a.. seen"}));
  EXPECT_EQ(Redact(redactor, "user=ann user=bob"), (Redacted{2, "user=a.. user=b.."}));
}

TEST(RedactorTest, AValueWhoseNameTellsIsASecret) {
  const Redactor redactor = Make({{.presets = kTokens}});
  std::vector<Secret> scratch;
  std::string out;
  EXPECT_EQ(redactor.RedactValue("db.password", "hunter2", &scratch, &out), 1u);
  EXPECT_EQ(out, "***");
  EXPECT_EQ(redactor.RedactValue("msg", "token=abc", &scratch, &out), 1u);
  EXPECT_EQ(out, "token=***");
  EXPECT_EQ(redactor.RedactValue("user", "ann", &scratch, &out), 0u);
}

TEST(RedactorTest, ATextThatWouldGrowTooMuchBecomesOneMask) {
  const Redactor redactor = Make({{.regex = "a", .mask = "0123456789"}});
  EXPECT_EQ(Redact(redactor, std::string(100, 'a')).text.size(), 1000u);
  EXPECT_EQ(Redact(redactor, std::string(1000, 'a')), (Redacted{1000, "***"}));
}

TEST(RedactorTest, BytesThatAreNoTextStay) {
  EXPECT_EQ(Redact(Make({{.regex = "x+"}}), "\xff\xfexx\xc3"), (Redacted{1, "\xff\xfe***\xc3"}));
}

TEST(RedactorTest, TellsWhichRuleIsWrong) {
  EXPECT_EQ(MessageOf(Redactor::Create({{.presets = kEmails}, {}}).status()),
            "redact[1]: a rule needs a preset or a regex, and not both");
  EXPECT_EQ(MessageOf(Redactor::Create({{.regex = "("}}).status()),
            "redact[0]: found \"(\"; it is no RE2 expression: missing ): (");
  EXPECT_EQ(MessageOf(Redactor::Create({{.regex = "a*"}}).status()),
            "redact[0]: found \"a*\"; it matches nothing at all, everywhere");
  EXPECT_NE(MessageOf(Redactor::Create({{.regex = "a", .mask = "\\1"}}).status()).find("redact[0]: found the mask"),
            std::string_view::npos);
}

}  // namespace
}  // namespace sluice::agent
