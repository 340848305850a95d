#include "collector/support/peer.h"

#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

TEST(PeerTest, ShowsAddressesAsPeopleWriteThem) {
  EXPECT_EQ(PeerAddress("ipv4:10.0.0.1:4711"), "10.0.0.1:4711");
  EXPECT_EQ(PeerAddress("ipv6:%5B::1%5D:4711"), "[::1]:4711");
  EXPECT_EQ(PeerAddress("ipv6:%5Bfe80::1%25eth0%5D:1"), "[fe80::1%eth0]:1");
  EXPECT_EQ(PeerAddress("ipv6:[::1]:4711"), "[::1]:4711");
  EXPECT_EQ(PeerAddress("unix:/run/x"), "unix:/run/x");
  EXPECT_EQ(PeerAddress(""), "");
}

}  // namespace
}  // namespace sluice::collector
