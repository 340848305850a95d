// The small HTTP server of every daemon: /metrics, /healthz, /readyz, and what else is registered.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/address.h"
#include "prometheus/registry.h"

namespace sluice {

// Started by Start, answered on two threads of its own, bounded in request size and time. Thread-safe.
class HttpServer {
 public:
  struct Options {
    HostPort address;
    // Serialised for /metrics; not owned, outlives the server.
    prometheus::Registry* registry = nullptr;
    // /readyz: OK → 200 "ok", else 503 with the message. /healthz is 200 as long as the process answers.
    std::function<absl::Status()> ready;
  };

  // Unavailable with address, reason and what to do ("port in use: …") if it cannot listen.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(Options options);
  ~HttpServer();  // Stops

  // The port that it really listens on.
  uint16_t port() const;
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice
