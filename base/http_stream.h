// A connection as httplib reads and writes it, within a time that no drop by drop makes longer: httplib's own stream
// has a time-out for each read and each write only.
#pragma once

#include <httplib.h>

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace sluice {

// One thread. Does not own the socket.
class HttpStream final : public httplib::Stream {
 public:
  // All that is read must come within `reading`, all that is written must be taken within `writing` from the first byte
  // on, and the other side must never pause for longer than `pause`.
  HttpStream(int socket, absl::Duration reading, absl::Duration writing, absl::Duration pause);

  // From now on there is this much time for reading.
  void AllowReading(absl::Duration reading);

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* to, size_t size) override;
  ssize_t write(const char* from, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override {}
  void get_local_ip_and_port(std::string& ip, int& port) const override {}
  socket_t socket() const override { return socket_; }

 private:
  // False when `until` (monotonic) has come, or the pause was too long.
  bool Wait(short events, int64_t until) const;

  const int socket_;
  const absl::Duration writing_;
  const absl::Duration pause_;
  int64_t read_until_;
  int64_t write_until_ = 0;  // set with the first byte
  // httplib reads headers byte by byte.
  char buffer_[4096];
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace sluice
