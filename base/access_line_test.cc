#include "base/access_line.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace sluice {
namespace {

// "vhost|address|ident|user|method|path|protocol|status|bytes|the rest"
std::string Pieces(std::string_view line) {
  AccessSides sides;
  if (!SplitAtAccessTime(line, AccessTimeSize, &sides)) return "no access log";
  const AccessClient client = SplitAccessClient(sides.before);
  AccessRequest request;
  const std::string_view text = NextAccessWord(&sides.behind);
  if (!SplitAccessRequest(text, &request)) request.path = text;
  std::string pieces;
  for (std::string_view piece :
       {client.vhost, client.remote_addr, client.ident, client.user, request.method, request.path, request.protocol}) {
    pieces.append(piece).push_back('|');
  }
  pieces.append(NextAccessWord(&sides.behind)).push_back('|');
  pieces.append(NextAccessWord(&sides.behind)).push_back('|');
  return pieces.append(sides.behind);
}

TEST(AccessLineTest, CutsTheFormatsIntoPieces) {
  EXPECT_EQ(Pieces(R"(127.0.0.1 - frank [20/Nov/2026:09:15:39 +0000] "GET /a?b=c HTTP/1.0" 200 2326)"),
            "|127.0.0.1|-|frank|GET|/a?b=c|HTTP/1.0|200|2326|");
  EXPECT_EQ(Pieces(R"(shop.example:443 2001:db8::1 - Ann Lee [20/Nov/2026:09:15:39 -0100] "GET / HTTP/2.0" 200 12)"),
            "shop.example:443|2001:db8::1|-|Ann Lee|GET|/|HTTP/2.0|200|12|");
  EXPECT_EQ(Pieces(R"(::1 - - [20/Nov/2026:09:15:39 +0000] "GET /a b HTTP/2.0" 200 - "-" "a\"b" 0.031)"),
            R"(|::1|-|-|GET|/a b|HTTP/2.0|200|-| "-" "a\"b" 0.031)");
  EXPECT_EQ(Pieces(R"(::1 - - [20/Nov/2026:09:15:39 +0000] "\x16\x03" 400 0)"), R"(|::1|-|-||\x16\x03||400|0|)");
  EXPECT_EQ(Pieces(R"(::1 - - [20/Nov/2026:09:15:39 +0000] "GET / HT)"), "|::1|-|-|GET|/|HT|||");
  EXPECT_EQ(Pieces("[20/Nov/2026:09:15:39 +0000]"), "|||||||||");
  EXPECT_EQ(Pieces("a [b] - [20/Nov/2026:09:15:39 +0000] x"), "|a|[b]|-||x||||");
}

TEST(AccessLineTest, KnowsTheTimeByItsShape) {
  constexpr std::string_view kTime = "20/Nov/2026:09:15:39 +0000";
  EXPECT_EQ(AccessTimeSize(kTime), kTime.size());
  EXPECT_EQ(AccessTimeSize("01/jAN/1970:00:00:00 -1159] more"), kTime.size());
  EXPECT_EQ(AccessTimeSize(kTime.substr(1)), 0);
  for (size_t i = 0; i < kTime.size(); ++i) {
    std::string time(kTime);
    const bool digit = kTime[i] >= '0' && kTime[i] <= '9';
    const bool letter = (kTime[i] | 0x20) >= 'a' && (kTime[i] | 0x20) <= 'z';
    for (int byte = 0; byte < 256; ++byte) {
      time[i] = static_cast<char>(byte);
      const bool is_digit = byte >= '0' && byte <= '9';
      const bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
      const bool sign = kTime[i] == '+' && byte == '-';
      const bool fits = digit ? is_digit : letter ? is_letter : sign || byte == kTime[i];
      ASSERT_EQ(AccessTimeSize(time) != 0, fits) << time;
    }
  }
}

TEST(AccessLineTest, LeavesOtherLinesAlone) {
  const std::string far_away = std::string(600, 'x') + " [20/Nov/2026:09:15:39 +0000]";
  const std::string_view lines[] = {
      "",
      "[",
      "x [20/Nov/2026:09:15:39 +0000",
      "x [20/Nov/2026:09:15:39]",
      "x [20/N1v/2026:09:15:39 +0000] ",
      "x [2x/Nov/2026:09:15:39 +0000] ",
      "x [20/Nov/2026:09:15:39 *0000] ",
      "[a] [b] [c] [d] [20/Nov/2026:09:15:39 +0000]",
      far_away,
  };
  for (std::string_view line : lines) EXPECT_EQ(Pieces(line), "no access log") << line;
}

}  // namespace
}  // namespace sluice
