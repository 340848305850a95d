#include "base/waker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace sluice {

Waker::Waker() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (descriptor_ < 0) std::abort();  // no descriptor at start-up: nothing would work
}

Waker::~Waker() { close(descriptor_); }

void Waker::Wake() {
  uint64_t one = 1;
  // Fails only if the counter is full, and then the event is raised already.
  [[maybe_unused]] ssize_t n = write(descriptor_, &one, sizeof one);
}

void Waker::Clear() {
  uint64_t count;
  [[maybe_unused]] ssize_t n = read(descriptor_, &count, sizeof count);
}

void WaitReadable(std::initializer_list<int> descriptors, absl::Duration timeout) {
  std::array<pollfd, 8> polled;
  nfds_t count = 0;
  for (int descriptor : descriptors) {
    if (descriptor >= 0 && count < polled.size()) polled[count++] = {descriptor, POLLIN, 0};
  }
  timespec limit = absl::ToTimespec(std::max(timeout, absl::ZeroDuration()));
  ppoll(polled.data(), count, timeout == absl::InfiniteDuration() ? nullptr : &limit, nullptr);
}

}  // namespace sluice
