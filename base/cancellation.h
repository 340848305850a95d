// Work that another thread ends early.
#pragma once

#include <atomic>

#include "base/waker.h"

namespace sluice {

// Set once. Thread-safe.
class Cancellation {
 public:
  void Cancel() {
    cancelled_ = true;
    waker_.Wake();
  }
  bool cancelled() const { return cancelled_; }
  // Readable from then on: for those who wait for descriptors.
  int descriptor() const { return waker_.descriptor(); }

 private:
  std::atomic<bool> cancelled_ = false;
  Waker waker_;
};

}  // namespace sluice
