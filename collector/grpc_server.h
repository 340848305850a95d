// The collector's gRPC server: one port for all its services.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/address.h"
#include "collector/options.h"
#include "grpcpp/server.h"

namespace sluice::collector {

// Serves until Stop; gRPC's own messages go to our log instead of stderr. Also reflection, and grpc.health.v1.Health:
// nothing serves until SetServing says so. Thread-safe.
class GrpcServer {
 public:
  struct Options {
    HostPort address;
    std::optional<TlsOptions> tls;
    // Of a message that clients send.
    size_t message_bytes_max = 8 << 20;
    std::vector<grpc::Service*> services;  // not owned; outlive the server
  };

  // Unavailable with address, reason and what to do if it cannot listen; InvalidArgument if the certificates are no
  // good.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const Options& options);
  ~GrpcServer();  // Stops at once

  // The port that it really listens on.
  uint16_t port() const { return port_; }
  // For the health service; `service` is a full name, or empty for the whole server.
  void SetServing(const std::string& service, bool serving);
  // Takes no calls any more, and cancels what is left after `grace`. Idempotent.
  void Stop(absl::Duration grace);

 private:
  GrpcServer() = default;

  std::unique_ptr<grpc::Server> server_;
  uint16_t port_ = 0;
};

}  // namespace sluice::collector
