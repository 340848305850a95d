#include "agent/process/secret_value.h"

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "base/test_seed.h"
#include "gtest/gtest.h"
#include "re2/re2.h"

namespace sluice::agent {
namespace {

constexpr SecretNameKind kOther = SecretNameKind::kOther;
constexpr SecretNameKind kAuthorization = SecretNameKind::kAuthorization;

// The text with '*' for each value that is found.
std::string Mask(std::string_view text, SecretNameKind kind) {
  std::string out;
  size_t done = 0;
  const size_t next = FindSecretValues(text, 0, kind, [&](size_t begin, size_t end) {
    EXPECT_TRUE(done <= begin && begin < end && end <= text.size()) << text;
    StrAppend(&out, text.substr(done, begin - done), "*");
    done = end;
  });
  EXPECT_TRUE(done <= next && next <= text.size()) << text;
  return StrCat(out, text.substr(done));
}

// As it stands in a text of JSON.
std::string JsonEscaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

using Rows = std::vector<std::pair<std::string_view, std::string_view>>;

TEST(SecretValueTest, AWordOrAQuotedText) {
  const Rows rows = {
      {"hunter2 user=ann", "* user=ann"},
      {" a,b", " *,b"},
      {"> 'a b' c", "> '*' c"},
      {"\"a \\\" b\" c", "\"*\" c"},
      {"\"a\\\\\" b", "\"*\" b"},
      {"\\\"a\\\\\\\"b\\\" c", "\\\"*\\\" c"},
      {"\\\\\\\"a\\\\n\\\\\\\" c", "\\\\\\\"*\\\\\\\" c"},
      {"\\\"never closed\", \"n\":1", "\\\"*\", \"n\":1"},
      {"\\\"ends in \\\\\", \"n\":1", "\\\"*\", \"n\":1"},
      {"'never closed", "'*"},
      {"u'a b', c", "u'*', c"},
      {"`a b` c", "`*` c"},
      {"[\"a\", \"b\" , 'c'] d", "[\"*\", \"*\" , '*'] d"},
      {"[a b", "[* b"},
      {"(a) b", "(*) b"},
      {"Bearer a b", "Bearer * b"},
      {"BASIC  a b", "BASIC  * b"},
      {"\"Bearer a b\" c", "\"Bearer *\" c"},
      {"Token a b", "* b"},
      {"a\\/b\\u002Bc\\\" d", "*\\\" d"},
  };
  for (const auto& [text, masked] : rows) EXPECT_EQ(Mask(text, kOther), masked);
  for (std::string_view text :
       {"", " ", "=", "null", "true,", "{", "[", "[]", "\"\"", "''", "\\", "\\\"\\\"", "Bearer "}) {
    EXPECT_EQ(Mask(text, kOther), text);
  }
}

TEST(SecretValueTest, AnAuthorizationGoesToTheEndOfTheLine) {
  const Rows rows = {
      {" Token abc", " Token *"},
      {" Token abc0, next", " Token *, next"},
      {" Token abc0 user=ann", " Token * user=ann"},
      {" Bearer token abc", " Bearer *"},
      {" Basic YTpi==] x", " Basic *] x"},
      {" bearer abc\\/d\\u002B=\\\" x", " bearer *\\\" x"},
      {" Digest username=\"M\", nonce=\"x y\"", " Digest *"},
      {" Digest username=\\\"M\\\", nonce=\\\"x\\\"\",\"n\":1", " Digest *\",\"n\":1"},
      {" Foo \"abc def\" ghi", " *"},
      {" pa'ss word\nnext line", " *\nnext line"},
      {" Foo bar\\r\\nHost: x", " *\\r\\nHost: x"},
      {" Foo bar\" https://x", " *\" https://x"},
      {" AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=fe", " AWS4-HMAC-SHA256 *"},
      {"[Bearer abc, Foo def] x", "[Bearer *, *] x"},
      {"[Foo abc def] x", "[*] x"},
      {"'Digest username=\"M\", b=\"c\"' x", "'Digest *' x"},
      {"\"Digest username=\"M\", b=\"c\"\" x", "\"Digest *\" x"},
      {"\"Digest a=\\\"M\\\", b=\\\"\\\"\" x", "\"Digest *\" x"},
      {"\"Basic YTpi=\", \"x\"", "\"Basic *\", \"x\""},
      {"[\"Token abc\",\"Foo def ghi\"],\"n\"", "[\"Token *\",\"*\"],\"n\""},
  };
  for (const auto& [text, masked] : rows) EXPECT_EQ(Mask(text, kAuthorization), masked);
  for (std::string_view text : {"", " ", "null", "{}", "[]", "\"\"", "\n"}) {
    EXPECT_EQ(Mask(text, kAuthorization), text == "{}" ? "*" : text);
  }
}

// A random text of `texts`.
std::string Any(std::mt19937_64* random, const std::vector<std::string>& texts) {
  return texts[(*random)() % texts.size()];
}

// A scheme and credentials. What of them is secret has Q or X, and nothing else has these letters.
std::string AnyCredentials(std::mt19937_64* random) {
  const std::string word = Any(random, {"Q1", "QX", "QQQQXXXX0000", "X", "X/Q.X-Q_1~+==", "Q1X1Q1"});
  const std::string scheme = Any(
      random, {"Token ", "ApiKey ", "DIGEST ", "bearer ", "Basic  ", "negotiate ", "Strange ", "AWS4-HMAC-SHA256 "});
  switch ((*random)() % 4) {
    case 0:
      return scheme + word;
    case 1:
      return StrCat(scheme, "user:", word);
    case 2:
      return StrCat(scheme, "a=\"", word, "\", b=\"x ", word, "\", c=", word);
    default:
      return StrCat(Any(random, {"Digest ", "Strange ", "Hawk "}), "a ", word, " b ", word);
  }
}

// Credentials in every dress, against an expression that knows them by their letters.
TEST(SecretValueTest, NothingOfCredentialsIsLeftAndNothingBehindThemIsTaken) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  const re2::RE2 secret("[QX]");
  for (int run = 0; run < 20'000; ++run) {
    const std::string value = AnyCredentials(&random);
    std::string text =
        Any(&random, {StrCat(" '", value, "'"), StrCat(" ", value, "'"), StrCat(" \"", JsonEscaped(value), "\""),
                      StrCat(" [\"\", \"", JsonEscaped(value), "\", \"x\"]")});
    text += " behind=it";
    for (size_t depth = random() % 3; depth > 0; --depth) text = JsonEscaped(text);
    const std::string masked = Mask(text, kAuthorization);
    ASSERT_FALSE(re2::RE2::PartialMatch(masked, secret)) << text << "\n" << masked;
    ASSERT_TRUE(masked.ends_with("behind=it")) << text << "\n" << masked;
  }
}

// Any bytes: what is found lies in the text, in order.
TEST(SecretValueTest, AnyBytes) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  constexpr std::string_view kBytes = "\"'`\\\\\\=:,[]() \nrnuTokenBearer 09";
  for (int run = 0; run < 100'000; ++run) {
    std::string text;
    for (size_t i = random() % 24; i > 0; --i) text += kBytes[random() % kBytes.size()];
    Mask(text, run % 2 == 0 ? kOther : kAuthorization);
  }
}

}  // namespace
}  // namespace sluice::agent
