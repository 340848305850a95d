// Waiting for descriptors, and being woken by another thread.
#pragma once

#include <initializer_list>

#include "absl/time/time.h"

namespace sluice {

// An event that one thread waits for and any thread raises.
class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // Thread-safe. Wakes the next or the present WaitReadable; several calls before it are one.
  void Wake();
  // Takes the event back; the waiting thread does so after it woke.
  void Clear();
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

// Waits until one of the descriptors is readable or the time is over; negative ones are left out. Ends early on a
// signal.
void WaitReadable(std::initializer_list<int> descriptors, absl::Duration timeout);

}  // namespace sluice
