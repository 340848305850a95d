// Where connections to an HTTP server wait until their request's header is there. They cost a descriptor each and no
// thread, so that whoever is slow to send one, or never does, keeps nobody from being answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/waker.h"

namespace sluice {

// Thread-safe. Owns the sockets of those who wait.
class HttpAnteroom {
 public:
  struct Options {
    // Beyond, the one that has waited longest is closed.
    size_t connections_max = 512;
    // Then it is closed.
    absl::Duration patience = absl::Seconds(5);
  };

  // `ready` takes the socket of a connection whose header is there (or is too long: who reads it finds that out). It is
  // called on the anteroom's thread; while it waits, so do all.
  HttpAnteroom(const Options& options, std::function<void(int socket)> ready);
  ~HttpAnteroom();  // Stops

  // Takes over the socket of a new connection. After Stop it is closed.
  void Admit(int socket);
  // Closes all, joins. Idempotent.
  void Stop();

 private:
  struct Waiting {
    int socket;
    int64_t until;  // monotonic
  };
  using Connections = std::map<uint64_t, Waiting>;  // in the order in which they came

  void Run();
  // Looks at what a connection has sent so far.
  void Look(uint64_t number, bool ended);
  void CloseExpired();
  absl::Duration UntilNextExpires();
  void Close(Connections::iterator connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const std::function<void(int socket)> ready_;
  Waker stop_;
  const int epoll_;
  std::string peeked_;  // the thread's
  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
  Connections connections_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sluice
