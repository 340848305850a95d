#include "base/waker.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "absl/time/clock.h"

namespace sluice {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

bool IsReadable(int descriptor) {
  pollfd polled = {descriptor, POLLIN, 0};
  return poll(&polled, 1, 0) == 1;
}

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_.data()), 0); }
  ~Pipe() {
    for (int end : ends_) close(end);
  }
  int reader() const { return ends_[0]; }
  void Write() { EXPECT_EQ(write(ends_[1], "x", 1), 1); }

 private:
  std::array<int, 2> ends_ = {-1, -1};
};

TEST(WakerTest, StaysRaisedUntilItIsCleared) {
  Waker waker;
  EXPECT_FALSE(IsReadable(waker.descriptor()));
  waker.Wake();
  waker.Wake();
  EXPECT_TRUE(IsReadable(waker.descriptor()));
  EXPECT_TRUE(IsReadable(waker.descriptor()));
  waker.Clear();
  EXPECT_FALSE(IsReadable(waker.descriptor())) << "several calls are one event";
  waker.Clear();
  waker.Wake();
  EXPECT_TRUE(IsReadable(waker.descriptor()));
}

TEST(WakerTest, WakesAThreadThatWaits) {
  Waker there;
  Waker back;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      WaitReadable({there.descriptor()}, absl::InfiniteDuration());
      there.Clear();
      back.Wake();
    }
  });
  absl::Time before = absl::Now();
  for (int i = 0; i < 1000; ++i) {
    there.Wake();
    WaitReadable({back.descriptor()}, kPatience);
    back.Clear();
  }
  other.join();
  EXPECT_LT(absl::Now() - before, kPatience);
}

TEST(WaitReadableTest, EndsWhenAnyOfTheDescriptorsIsReadable) {
  Waker waker;
  Pipe pipe;
  pipe.Write();
  absl::Time before = absl::Now();
  WaitReadable({waker.descriptor(), -1, pipe.reader()}, kPatience);
  EXPECT_LT(absl::Now() - before, kPatience);
}

TEST(WaitReadableTest, EndsWhenTheTimeIsOver) {
  Waker waker;
  absl::Time before = absl::Now();
  WaitReadable({waker.descriptor()}, absl::Milliseconds(20));
  WaitReadable({-1}, absl::Milliseconds(20));
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(39));
  EXPECT_LT(absl::Now() - before, kPatience);
}

TEST(WaitReadableTest, TakesATimeThatIsOverAsNone) {
  Waker waker;
  absl::Time before = absl::Now();
  WaitReadable({waker.descriptor()}, absl::ZeroDuration());
  WaitReadable({waker.descriptor()}, -absl::Hours(1));
  WaitReadable({waker.descriptor()}, -absl::InfiniteDuration());
  EXPECT_LT(absl::Now() - before, kPatience);
}

}  // namespace
}  // namespace sluice
