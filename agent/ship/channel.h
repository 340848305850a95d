// gRPC's channel to the collector, set up for large messages and quick reconnection.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/ship/tls_options.h"
#include "grpcpp/grpcpp.h"

namespace sluice::agent {

// NotFound or PermissionDenied with the file if a TLS file cannot be read, InvalidArgument if it is no PEM file.
absl::StatusOr<std::shared_ptr<grpc::Channel>> NewChannel(const std::string& address, const TlsOptions& tls,
                                                          absl::Duration backoff_initial, absl::Duration backoff_max);

}  // namespace sluice::agent
