#include "base/http_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.h"

namespace sluice {
namespace {

int64_t After(absl::Duration time) { return SystemClock()->MonotonicNanos() + absl::ToInt64Nanoseconds(time); }

}  // namespace

HttpStream::HttpStream(int socket, absl::Duration reading, absl::Duration writing, absl::Duration pause)
    : socket_(socket), writing_(writing), pause_(pause), read_until_(After(reading)) {}

void HttpStream::AllowReading(absl::Duration reading) { read_until_ = After(reading); }

bool HttpStream::Wait(short events, int64_t until) const {
  const int64_t stop = std::min(until, After(pause_));
  while (true) {
    const int64_t left = stop - SystemClock()->MonotonicNanos();
    if (left <= 0) return false;
    pollfd wanted = {.fd = socket_, .events = events, .revents = 0};
    const int ready = poll(&wanted, 1, static_cast<int>(left / 1'000'000 + 1));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool HttpStream::is_readable() const { return begin_ < end_ || Wait(POLLIN, read_until_); }

bool HttpStream::is_writable() const { return Wait(POLLOUT, write_until_ != 0 ? write_until_ : After(writing_)); }

ssize_t HttpStream::read(char* to, size_t size) {
  if (begin_ == end_) {
    if (!Wait(POLLIN, read_until_)) return -1;
    const bool large = size >= sizeof buffer_;
    ssize_t got;
    do {
      got = large ? recv(socket_, to, size, 0) : recv(socket_, buffer_, sizeof buffer_, 0);
    } while (got < 0 && errno == EINTR);
    if (large || got <= 0) return got;
    begin_ = 0;
    end_ = static_cast<size_t>(got);
  }
  const size_t taken = std::min(size, end_ - begin_);
  std::memcpy(to, buffer_ + begin_, taken);
  begin_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t HttpStream::write(const char* from, size_t size) {
  if (write_until_ == 0) write_until_ = After(writing_);
  if (!Wait(POLLOUT, write_until_)) return -1;
  ssize_t sent;
  do {
    // Never waits here, where nobody looks at the time.
    sent = send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 && errno == EAGAIN ? 0 : sent;
}

}  // namespace sluice
