#include "agent/process/secrets.h"

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/process/secret_names.h"
#include "base/strings.h"
#include "base/test_seed.h"
#include "gtest/gtest.h"
#include "re2/re2.h"

namespace sluice::agent {
namespace {

constexpr uint8_t kAll = kCardNumbers | kTokens | kEmails;

// The text with C, T or E in brackets for what was found.
std::string Mask(std::string_view text, uint8_t kinds = kAll) {
  std::vector<Secret> found;
  FindSecrets(text, kinds, &found);
  std::string out;
  size_t done = 0;
  for (const Secret& secret : found) {
    EXPECT_LE(done, secret.begin);
    EXPECT_LT(secret.begin, secret.end);
    StrAppend(&out, text.substr(done, secret.begin - done),
              secret.kind == kCardNumbers ? "[C]"
              : secret.kind == kTokens    ? "[T]"
                                          : "[E]");
    done = secret.end;
  }
  return StrCat(out, text.substr(done));
}

TEST(SecretsTest, CardNumbers) {
  EXPECT_EQ(Mask("card 4111111111111111 paid"), "card [C] paid");
  EXPECT_EQ(Mask("4111 1111 1111 1111, 4111-1111-1111-1111."), "[C], [C].");
  EXPECT_EQ(Mask("amex 378282246310005 3782 822463 10005"), "amex [C] [C]");
  EXPECT_EQ(Mask("5555555555554444 2223003122003222 6011111111111117 3530111333300000 30569309025904 6304000000000000"),
            "[C] [C] [C] [C] [C] [C]");
  EXPECT_EQ(Mask("{\"n\":\"4012888888881881\"}"), "{\"n\":\"[C]\"}");
}

TEST(SecretsTest, NumbersThatAreNoCards) {
  for (std::string_view text :
       {"4111111111111112", "1795176000000", "1795176000000000000", "411111111111111", "41111111111111111111",
        "x4111111111111111", "4111111111111111x", "_4111111111111111", "4111 1111 1111 1112", "4111 1111-1111 1111",
        "4111  1111 1111 1111", "2026-11-20 09:15:39", "4111 1111 1111 11115", "0000000000000000", "", "4", "4111 "}) {
    EXPECT_EQ(Mask(text), text);
  }
}

TEST(SecretsTest, KeysOfKnownForms) {
  EXPECT_EQ(Mask("key AKIAIOSFODNN7EXAMPLE!"), "key [T]!");
  EXPECT_EQ(Mask("ghp_0123456789abcdefghijABCDEFGHIJ012345 x"), "[T] x");
  EXPECT_EQ(Mask("glpat-abcdefghij0123456789, xoxb-123456789012-abc"), "[T], [T]");
  EXPECT_EQ(Mask("(eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P)"), "([T])");
  EXPECT_EQ(Mask("sk_live_abcdefghij12 sk-abcdefghijklmnopqrst"), "[T] [T]");
  EXPECT_EQ(Mask("sent Bearer abcdef0123456789==, ok"), "sent Bearer [T], ok");
  EXPECT_EQ(Mask("BEARER abcdef0123456789 bEaReR  abcdef0123456789 BASIC YTpiOmNkZTE="),
            "BEARER [T] bEaReR  [T] BASIC [T]");
  EXPECT_EQ(Mask("Basic dXNlcjpwYXNz"), "Basic [T]");
  EXPECT_EQ(Mask("Bearer abc\\/def0123\\u002B456 x"), "Bearer [T] x");
  for (std::string_view text :
       {"Bearer of news", "AKIA", "ghp_short", "eyJ.a.b", "task-force", "risk-averse-strategy-now", "Basic training",
        "Basic JavaScript", "BASIC TRAINING", "xAKIAIOSFODNN7EXAMPLE"}) {
    EXPECT_EQ(Mask(text), text);
  }
}

TEST(SecretsTest, ValuesOfNamesThatTell) {
  EXPECT_EQ(Mask("password=hunter2 user=ann"), "password=[T] user=ann");
  EXPECT_EQ(Mask("{\"db.Password\":\"a \\\"b\\\" c\",\"n\":1}"), "{\"db.Password\":\"[T]\",\"n\":1}");
  EXPECT_EQ(Mask("{\"msg\":\"{\\\"api_key\\\": \\\"abc\\\", x}\"}"), "{\"msg\":\"{\\\"api_key\\\": \\\"[T]\\\", x}\"}");
  EXPECT_EQ(Mask("https://x/?access_token=abc&y=1"), "https://x/?access_token=[T]&y=1");
  EXPECT_EQ(Mask("Authorization: Bearer abc"), "Authorization: Bearer [T]");
  EXPECT_EQ(Mask("Authorization: Basic YTpi=="), "Authorization: Basic [T]");
  EXPECT_EQ(Mask("'secret' => 'x', CLIENT_SECRET: y"), "'secret' => '[T]', CLIENT_SECRET: [T]");
  EXPECT_EQ(Mask("token=\"never closed"), "token=\"[T]");
  for (std::string_view text : {"password=", "\"token\":null", "token: ", "tokens=5", "secretary=ann", "pwd", "a=b:c",
                                "\"password\":\"\"", "password={", "=", ":", "token"}) {
    EXPECT_EQ(Mask(text), text);
  }
}

TEST(SecretsTest, WholeCredentialsOfAnAuthorization) {
  constexpr std::pair<std::string_view, std::string_view> kRows[] = {
      {"Authorization: Token 9944b09199c62bcf", "Authorization: Token [T]"},
      {"Authorization: Bearer abc.def.gh1 rest of line", "Authorization: Bearer [T] rest of line"},
      {"Authorization: Bearer abc.def.ghi, rest of line", "Authorization: Bearer [T], rest of line"},
      {"Authorization: Bearer my-token abc.def", "Authorization: Bearer [T]"},
      {"authorization: ApiKey ann:abc1", "authorization: ApiKey [T]"},
      {"AUTHORIZATION: BEARER abc", "AUTHORIZATION: BEARER [T]"},
      {"Proxy-Authorization: Negotiate YIIx==", "Proxy-Authorization: Negotiate [T]"},
      {"HTTP_AUTHORIZATION=Custom abc def", "HTTP_AUTHORIZATION=[T]"},
      {R"(Authorization: Digest username="M", realm="a b", response="66")", "Authorization: Digest [T]"},
      {R"(curl -H "Authorization: Token abc" https://x)", R"(curl -H "Authorization: Token [T]" https://x)"},
      {R"(curl -H 'authorization: Digest a="b", c="d"' https://x)", R"(curl -H 'authorization: Digest [T]' https://x)"},
      {R"({"m":"curl -H \"Authorization: Foo a b\" x","n":1})", R"({"m":"curl -H \"Authorization: [T]\" x","n":1})"},
      {R"({"Authorization":"Token abc","n":1})", R"({"Authorization":"Token [T]","n":1})"},
      {R"({"m":"{\"authorization\":\"Foo a\\nb\",\"n\":1}"})", R"({"m":"{\"authorization\":\"[T]\",\"n\":1}"})"},
      {R"({"Authorization":["Token abc"],"n":1})", R"({"Authorization":["Token [T]"],"n":1})"},
      {"map[Authorization:[Bearer abc] Accept:[*/*]]", "map[Authorization:[Bearer [T]] Accept:[*/*]]"},
      {"{'Authorization': b'Token abc', 'n': 1}", "{'Authorization': b'Token [T]', 'n': 1}"},
      {"[Authorization] => Token abc", "[Authorization] => Token [T]"},
      {"GET /?authorization=abc&n=1 HTTP/1.1", "GET /?authorization=[T]&n=1 HTTP/1.1"},
  };
  for (const auto& [text, masked] : kRows) EXPECT_EQ(Mask(text), masked);
}

TEST(SecretsTest, Emails) {
  EXPECT_EQ(Mask("from ann.b+c@mail.example.org."), "from [E].");
  EXPECT_EQ(Mask("<ann@example.com>,bob@x.io"), "<[E]>,[E]");
  EXPECT_EQ(Mask("j\u00f6rg@b\u00fccher.example"), "[E]");
  for (std::string_view text :
       {"@", "a@b", "@example.org", "root@localhost", "a@b.1", "a@.org", "a @b.org", "x@1.2.3.4"}) {
    EXPECT_EQ(Mask(text), text);
  }
}

TEST(SecretsTest, OnlyWhatIsAskedFor) {
  constexpr std::string_view kText = "4111111111111111 password=x a@b.org";
  EXPECT_EQ(Mask(kText, kCardNumbers), "[C] password=x a@b.org");
  EXPECT_EQ(Mask(kText, kTokens), "4111111111111111 password=[T] a@b.org");
  EXPECT_EQ(Mask(kText, kEmails), "4111111111111111 password=x [E]");
  EXPECT_EQ(Mask(kText, 0), kText);
}

TEST(SecretsTest, NamesSecrets) {
  EXPECT_TRUE(NamesSecret("Password") && NamesSecret("user.accessToken") && NamesSecret("X-API-KEY"));
  EXPECT_FALSE(NamesSecret("") || NamesSecret("tokens") || NamesSecret("key"));
}

// The pass over the bytes against expressions that say the same of cards and addresses in ASCII.
TEST(SecretsTest, FindsWhatSlowExpressionsFind) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces = {"4111111111111111",
                                           "378282246310005",
                                           "a",
                                           "@",
                                           ".",
                                           "org",
                                           " ",
                                           "-",
                                           "4111 1111 1111 1111",
                                           "4111",
                                           "1",
                                           "_",
                                           "x@y.io",
                                           "+",
                                           "%"};
  const re2::RE2 card(
      R"((?:^|[^0-9A-Za-z_])(?:4111111111111111|378282246310005|4111 1111 1111 1111)(?:$|[^0-9A-Za-z_]))");
  for (int run = 0; run < 20'000; ++run) {
    std::string text;
    for (size_t i = random() % 8; i > 0; --i) text += pieces[random() % pieces.size()];
    // Each address that is found is one, and where one stands alone it is found.
    std::vector<Secret> found;
    FindSecrets(text, kEmails, &found);
    for (const Secret& secret : found) {
      const std::string part = text.substr(secret.begin, secret.end - secret.begin);
      ASSERT_TRUE(re2::RE2::FullMatch(part, R"([A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,})")) << text;
    }
    const std::string alone = StrCat(" ", text, " ");
    const bool is_email = re2::RE2::FullMatch(text, R"([A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,})");
    if (is_email) ASSERT_EQ(Mask(alone, kEmails), " [E] ") << text;

    found.clear();
    FindSecrets(text, kCardNumbers, &found);
    ASSERT_EQ(found.empty(), !re2::RE2::PartialMatch(text, card)) << text;
  }
}

}  // namespace
}  // namespace sluice::agent
