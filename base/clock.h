// Time, passed in: code that waits or stamps takes a Clock, so that tests decide what time it is.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds since the Unix epoch. May jump either way when somebody sets the host's clock.
  virtual int64_t UnixNanos() const = 0;
  // Nanoseconds since some fixed moment. Never goes back; the one to measure intervals with.
  virtual int64_t MonotonicNanos() const = 0;
};

// The host's clock. Never null, never destroyed.
const Clock* SystemClock();

// Stands still until it is told to move.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(int64_t unix_nanos = 1'700'000'000'000'000'000) : unix_(unix_nanos), monotonic_(0) {}
  int64_t UnixNanos() const override { return unix_.load(); }
  int64_t MonotonicNanos() const override { return monotonic_.load(); }
  void Advance(int64_t nanos) {
    unix_ += nanos;
    monotonic_ += nanos;
  }
  // A jump of the wall clock; the monotonic one does not notice.
  void SetUnixNanos(int64_t nanos) { unix_ = nanos; }

 private:
  std::atomic<int64_t> unix_;
  std::atomic<int64_t> monotonic_;
};

}  // namespace sluice
