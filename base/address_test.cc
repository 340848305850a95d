#include "base/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sluice {
namespace {

using ::testing::HasSubstr;

struct GoodCase {
  std::string_view text;
  std::string_view host;
  int port;
};

const GoodCase kGoodCases[] = {
    {"127.0.0.1:7070", "127.0.0.1", 7070},
    {"localhost:0", "localhost", 0},
    {"[::1]:7070", "::1", 7070},
    {"[fe80::1%eth0]:65535", "fe80::1%eth0", 65535},
    {"web-1.example.com:1", "web-1.example.com", 1},
    {"my_host:80", "my_host", 80},
};

TEST(AddressTest, ParsesAndWritesTheSame) {
  for (const GoodCase& c : kGoodCases) {
    const absl::StatusOr<HostPort> address = ParseHostPort(c.text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->host, c.host);
    EXPECT_EQ(address->port, c.port);
    EXPECT_EQ(address->ToString(), c.text);
  }
}

struct BadCase {
  std::string_view text;
  std::string_view message;
};

const BadCase kBadCases[] = {
    {"", "expected HOST:PORT, such as 127.0.0.1:7070"},
    {"127.0.0.1", "expected HOST:PORT"},
    {"[::1]", "expected HOST:PORT"},
    {":7070", "expected a host before the ':': 127.0.0.1:7070 for this machine only, 0.0.0.0:7070 for all networks"},
    {"host:", "expected a port from 0 to 65535"},
    {"host:65536", "expected a port from 0 to 65535"},
    {"host:-1", "expected a port from 0 to 65535"},
    {"host: 80", "expected a port from 0 to 65535"},
    {"host:http", "expected a port from 0 to 65535"},
    {"host:000080", "expected a port from 0 to 65535"},
    {"::1:7070", "an IPv6 address needs brackets, such as [::1]:7070"},
    {"::1", "an IPv6 address needs brackets"},
    {"[localhost]:80", "expected an IPv6 address between '[' and ']'"},
    {"[::1:80", "expected a host name or an IP address"},
    {"http://host:80", "expected a host name or an IP address"},
    {"a b:80", "expected a host name or an IP address"},
    {"user@host:80", "expected a host name or an IP address"},
};

TEST(AddressTest, SaysWhatIsWrong) {
  for (const BadCase& c : kBadCases) {
    const absl::Status status = ParseHostPort(c.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(c.message))) << c.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("found \"" + std::string(c.text) + "\"")) << c.text;
  }
}

TEST(AddressTest, KnowsLoopback) {
  for (const char* host : {"127.0.0.1", "127.255.0.3", "::1", "0:0:0:0:0:0:0:1", "localhost", "LOCALHOST"}) {
    EXPECT_TRUE(IsLoopback({.host = host, .port = 1})) << host;
  }
  for (const char* host :
       {"0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"}) {
    EXPECT_FALSE(IsLoopback({.host = host, .port = 1})) << host;
  }
}

TEST(AddressTest, ListensBeyondLoopbackOnlyWhenToldTo) {
  const HostPort loopback = {.host = "::1", .port = 7070};
  const HostPort all = {.host = "0.0.0.0", .port = 7070};
  EXPECT_TRUE(CheckListenAddress(loopback, /*tls=*/false, /*insecure=*/false).ok());
  EXPECT_TRUE(CheckListenAddress(all, /*tls=*/true, /*insecure=*/false).ok());
  EXPECT_TRUE(CheckListenAddress(all, /*tls=*/false, /*insecure=*/true).ok());
  const absl::Status refused = CheckListenAddress(all, /*tls=*/false, /*insecure=*/false);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("0.0.0.0:7070"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("--insecure"));
}

}  // namespace
}  // namespace sluice
