#include "agent/ship/channel.h"

#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/status.h"
#include "grpc/grpc.h"

namespace sluice::agent {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  if (path.empty()) return std::string();
  SLUICE_ASSIGN_OR_RETURN(std::string pem, HostFileSystem()->ReadFile(path, kPemBytesMax));
  if (pem.find("-----BEGIN") == std::string::npos) {
    return InvalidArgument(path, ": no PEM file: it has no \"-----BEGIN\" line");
  }
  return pem;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const TlsOptions& tls) {
  if (!tls.enabled) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  SLUICE_ASSIGN_OR_RETURN(options.pem_root_certs, ReadPem(tls.ca));
  SLUICE_ASSIGN_OR_RETURN(options.pem_cert_chain, ReadPem(tls.cert));
  SLUICE_ASSIGN_OR_RETURN(options.pem_private_key, ReadPem(tls.key));
  return grpc::SslCredentials(options);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> NewChannel(const std::string& address, const TlsOptions& tls,
                                                          absl::Duration backoff_initial, absl::Duration backoff_max) {
  SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<grpc::ChannelCredentials> credentials, Credentials(tls));
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, static_cast<int>(absl::ToInt64Milliseconds(backoff_initial)));
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(absl::ToInt64Milliseconds(backoff_initial)));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, static_cast<int>(absl::ToInt64Milliseconds(backoff_max)));
  // A collector that went away without a word (power, network) is noticed within half a minute.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // Answers are small; what is large goes out.
  arguments.SetInt(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, 1 << 20);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

}  // namespace sluice::agent
