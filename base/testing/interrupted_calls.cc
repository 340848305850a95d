#include "base/testing/interrupted_calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstddef>

namespace {

struct State {
  int percent = 0;
  uint64_t random = 1;
  uint64_t count = 0;
};
thread_local State state;

bool Happens() {
  if (state.percent == 0) return false;
  state.random ^= state.random << 13;  // xorshift: no allocation, no calls
  state.random ^= state.random >> 7;
  state.random ^= state.random << 17;
  if (state.random % 100 >= static_cast<uint64_t>(state.percent)) return false;
  ++state.count;
  return true;
}

bool Interrupts() {
  if (!Happens()) return false;
  errno = EINTR;
  return true;
}

size_t PartOf(size_t size) { return Happens() ? std::max<size_t>(size / 2, std::min<size_t>(size, 1)) : size; }

// The C library's own.
template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  static auto* const real = Real<int(const char*, int, ...)>("open");
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return Interrupts() ? -1 : real(path, flags, mode);
}

ssize_t pread(int descriptor, void* buffer, size_t size, off_t offset) {
  static auto* const real = Real<ssize_t(int, void*, size_t, off_t)>("pread");
  return Interrupts() ? -1 : real(descriptor, buffer, PartOf(size), offset);
}

ssize_t write(int descriptor, const void* buffer, size_t size) {
  static auto* const real = Real<ssize_t(int, const void*, size_t)>("write");
  return Interrupts() ? -1 : real(descriptor, buffer, PartOf(size));
}

int statx(int directory, const char* path, int flags, unsigned mask, struct statx* stat) noexcept {
  static auto* const real = Real<int(int, const char*, int, unsigned, struct statx*)>("statx");
  return Interrupts() ? -1 : real(directory, path, flags, mask, stat);
}

int fsync(int descriptor) {
  static auto* const real = Real<int(int)>("fsync");
  return Interrupts() ? -1 : real(descriptor);
}

int fdatasync(int descriptor) {
  static auto* const real = Real<int(int)>("fdatasync");
  return Interrupts() ? -1 : real(descriptor);
}

}  // extern "C"

namespace sluice {

InterruptedCalls::InterruptedCalls(int percent, uint64_t seed) {
  state.percent = percent;
  state.random = seed * 2 + 1;
}
InterruptedCalls::~InterruptedCalls() { state.percent = 0; }
uint64_t InterruptedCalls::count() { return state.count; }

}  // namespace sluice
