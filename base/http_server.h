// The small HTTP server of every daemon: /metrics, /healthz, /readyz, and what else is registered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/address.h"
#include "prometheus/registry.h"

namespace sluice {

// A request with its body, decompressed.
struct HttpRequest {
  std::string content_type;  // as it came: "application/json; charset=utf-8"
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// {"error": "…"}
HttpResponse HttpError(int status, std::string_view error);

// What POST to a path does. The server itself answers with HttpError: 405 to other methods, 413 to a body of more than
// `body_bytes_max` (also after decompression), 415 to an encoding other than gzip, 408 to a body that takes more than
// half a minute to come, 503 while too many requests are under way.
struct HttpPost {
  std::string path;
  size_t body_bytes_max = 1 << 20;
  // Called by many threads at a time; may block.
  std::function<HttpResponse(const HttpRequest& request)> handle;
};

// Started by Start, answered on two threads of its own, bounded in request size and time. A connection gets a thread
// when the header of its request is there, for which it has five seconds, and each POST that is under way has one
// besides: so whoever is slow to send does not keep others from /metrics. Each answer closes its connection: one that
// stays open would keep a thread. Thread-safe.
class HttpServer {
 public:
  struct Options {
    HostPort address;
    // Serialised for /metrics; not owned, outlives the server.
    prometheus::Registry* registry = nullptr;
    // /readyz: OK → 200 "ok", else 503 with the message. /healthz is 200 as long as the process answers.
    std::function<absl::Status()> ready;
    std::vector<HttpPost> posts = {};
    // Requests of these that may be under way.
    size_t posts_max = 16;
    // Whether a port in use is waited for, for two seconds: see Patience.
    bool await_port = true;
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
