#include "base/shared_bytes.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sluice {
namespace {

TEST(SharedBytesTest, APartKeepsTheWholeAlive) {
  auto owner = std::make_shared<const std::string>("one two three");
  const std::weak_ptr<const std::string> watch = owner;
  SharedBytes part;
  {
    const SharedBytes whole(owner, *owner);
    owner.reset();
    part = whole.Part(whole.view().substr(4, 3));
  }
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(part.view(), "two");
  EXPECT_EQ(part.size(), 3);
  part = SharedBytes();
  EXPECT_TRUE(watch.expired());
}

TEST(SharedBytesTest, CopiesShareTheBytes) {
  SharedBytes bytes = SharedBytes::FromString("short");  // would move with a small string
  const char* const data = bytes.view().data();
  const SharedBytes copy = bytes;
  bytes = SharedBytes();
  EXPECT_EQ(copy.view().data(), data);
  EXPECT_EQ(copy.view(), "short");
}

TEST(SharedBytesTest, IsEmptyByDefault) { EXPECT_EQ(SharedBytes().size(), 0); }

}  // namespace
}  // namespace sluice
