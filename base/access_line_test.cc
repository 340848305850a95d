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
