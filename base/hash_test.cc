#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

// XXH3's published values. What is stored must be found again by every later version.
TEST(HashTest, IsXxh3WithSeedZero) {
  EXPECT_EQ(Xxh3(""), 0x2d06800538d394c2);
  EXPECT_EQ(Xxh3("a"), 0xe6c632b61e964e1f);
  EXPECT_EQ(Xxh3("abc"), 0x78af5f94892f3950);
  EXPECT_EQ(Xxh3(std::string(1000, 'x')), Xxh3(std::string(1000, 'x')));
  EXPECT_NE(Xxh3(std::string(1000, 'x')), Xxh3(std::string(1001, 'x')));
}

}  // namespace
}  // namespace sluice
