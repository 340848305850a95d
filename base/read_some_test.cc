#include "base/read_some.h"

#include <unistd.h>

#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

TEST(ReadSomeTest, GivesWhatIsThereAndThenTheEnd) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "abc", 3), 3);
  char buffer[16];
  EXPECT_EQ(*ReadSome(ends[0], buffer, sizeof buffer), 3);
  EXPECT_EQ(std::string_view(buffer, 3), "abc");
  close(ends[1]);
  EXPECT_EQ(*ReadSome(ends[0], buffer, sizeof buffer), 0);
  close(ends[0]);
}

TEST(ReadSomeTest, SaysWhatIsWrong) {
  char buffer[1];
  EXPECT_THAT(std::string(ReadSome(-1, buffer, 1).status().message()), HasSubstr("Bad file descriptor"));
}

}  // namespace
}  // namespace sluice
