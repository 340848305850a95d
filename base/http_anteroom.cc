#include "base/http_anteroom.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace sluice {
namespace {

constexpr size_t kHeaderBytesMax = 32 << 10;
constexpr int kEventsMax = 64;
constexpr uint64_t kStopEvent = 0;  // connections' numbers begin with 1

bool HasHeader(std::string_view bytes) {
  return bytes.find("\r\n\r\n") != bytes.npos || bytes.find("\n\n") != bytes.npos;
}

int NewEpoll(int stop) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event = {.events = EPOLLIN, .data = {.u64 = kStopEvent}};
  if (epoll >= 0) epoll_ctl(epoll, EPOLL_CTL_ADD, stop, &event);
  return epoll;
}

}  // namespace

HttpAnteroom::HttpAnteroom(const Options& options, std::function<void(int socket)> ready)
    : options_(options),
      ready_(std::move(ready)),
      epoll_(NewEpoll(stop_.descriptor())),
      peeked_(kHeaderBytesMax, '\0'),
      thread_([this] { Run(); }) {}

HttpAnteroom::~HttpAnteroom() {
  Stop();
  close(epoll_);
}

void HttpAnteroom::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stop_.Wake();
  if (thread_.joinable()) thread_.join();
  MutexLock lock(&mutex_);
  while (!connections_.empty()) Close(connections_.begin());
}

void HttpAnteroom::Admit(int socket) {
  MutexLock lock(&mutex_);
  if (connections_.size() >= options_.connections_max) Close(connections_.begin());
  const uint64_t number = next_++;
  const int64_t until = SystemClock()->MonotonicNanos() + absl::ToInt64Nanoseconds(options_.patience);
  connections_.emplace(number, Waiting{.socket = socket, .until = until});
  // Told of each time that something comes, not as long as something is there: it stays there until all of it is.
  epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data = {.u64 = number}};
  if (stopping_ || epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) Close(connections_.find(number));
}

void HttpAnteroom::Close(Connections::iterator connection) {
  close(connection->second.socket);  // which takes it out of epoll as well
  connections_.erase(connection);
}

void HttpAnteroom::Run() {
  epoll_event events[kEventsMax];
  while (true) {
    const int64_t wait = absl::ToInt64Milliseconds(UntilNextExpires()) + 1;
    const int count = epoll_wait(epoll_, events, kEventsMax, static_cast<int>(wait));
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == kStopEvent) return;
      Look(events[i].data.u64, (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
    CloseExpired();
  }
}

absl::Duration HttpAnteroom::UntilNextExpires() {
  MutexLock lock(&mutex_);
  if (connections_.empty()) return options_.patience;
  const int64_t left = connections_.begin()->second.until - SystemClock()->MonotonicNanos();
  return absl::Nanoseconds(std::max<int64_t>(0, left));
}

void HttpAnteroom::CloseExpired() {
  MutexLock lock(&mutex_);
  const int64_t now = SystemClock()->MonotonicNanos();
  while (!connections_.empty() && connections_.begin()->second.until <= now) Close(connections_.begin());
}

void HttpAnteroom::Look(uint64_t number, bool ended) {
  int socket;
  {
    MutexLock lock(&mutex_);
    const auto connection = connections_.find(number);
    if (connection == connections_.end()) return;
    socket = connection->second.socket;
    const ssize_t size = recv(socket, peeked_.data(), peeked_.size(), MSG_PEEK | MSG_DONTWAIT);
    const bool nothing_yet = size < 0 && (errno == EAGAIN || errno == EINTR);
    const auto bytes = std::string_view(peeked_).substr(0, static_cast<size_t>(std::max<ssize_t>(0, size)));
    if (!HasHeader(bytes) && bytes.size() < peeked_.size()) {
      if (ended || !(nothing_yet || size > 0)) Close(connection);
      return;
    }
    epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
    connections_.erase(connection);
  }
  ready_(socket);
}

}  // namespace sluice
