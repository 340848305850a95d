#include "consumer/client/channel.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "base/address.h"
#include "base/status.h"
#include "base/strings.h"
#include "grpc/grpc.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/channel_arguments.h"

namespace sluice::client {
namespace {

absl::StatusOr<std::string> ReadPem(const std::string& path, std::string_view what) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad() || !file.is_open()) {
    return NotFound("cannot read the ", what, " \"", path, "\": see that it exists and may be read");
  }
  if (text.find("-----BEGIN") == std::string::npos) {
    return InvalidArgument("the ", what, " \"", path, "\" is no PEM file: it has no \"-----BEGIN\" line");
  }
  return text;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const std::optional<TlsOptions>& tls) {
  if (!tls.has_value()) return grpc::InsecureChannelCredentials();
  if (tls->cert_file.empty() != tls->key_file.empty()) {
    return InvalidArgument("a TLS certificate and its key belong together: only the ",
                           tls->cert_file.empty() ? "key" : "certificate", " is given");
  }
  grpc::SslCredentialsOptions ssl;
  if (!tls->ca_file.empty()) {
    SLUICE_ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadPem(tls->ca_file, "TLS authority"));
  }
  if (!tls->cert_file.empty()) {
    SLUICE_ASSIGN_OR_RETURN(ssl.pem_cert_chain, ReadPem(tls->cert_file, "TLS certificate"));
    SLUICE_ASSIGN_OR_RETURN(ssl.pem_private_key, ReadPem(tls->key_file, "TLS key"));
  }
  return grpc::SslCredentials(ssl);
}

// gRPC stops when its last object goes, and may then wait ten seconds and more for a poller of its own. Once started,
// it stays.
void KeepGrpcStarted() {
  [[maybe_unused]] static const bool started = [] {
    grpc_init();
    return true;
  }();
}

}  // namespace

absl::StatusOr<std::shared_ptr<ChannelSource>> ChannelSource::Create(const ClientOptions& options) {
  KeepGrpcStarted();
  SLUICE_ASSIGN_OR_RETURN(HostPort address, ParseHostPort(options.address));
  if (address.port == 0) return InvalidArgument("\"", options.address, "\": port 0 cannot be connected to");
  SLUICE_ASSIGN_OR_RETURN(auto credentials, MakeCredentials(options.tls));
  return std::shared_ptr<ChannelSource>(new ChannelSource(options, std::move(credentials)));
}

ChannelSource::ChannelSource(ClientOptions options, std::shared_ptr<grpc::ChannelCredentials> credentials)
    : options_(std::move(options)), credentials_(std::move(credentials)) {}

std::shared_ptr<grpc::Channel> ChannelSource::MakeChannel() const {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(options_.message_bytes_max));
  // A channel of ours is a connection of ours: not shared with another channel that failed a moment ago, not by way of
  // a proxy that the environment names for the web, nothing retried behind our back.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // A collector that vanished without a word (power, network) is noticed within a minute.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Batches of about 1 MiB arrive in few pieces.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 1 << 20);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 4 << 20);
  if (options_.tls.has_value() && !options_.tls->server_name.empty()) {
    arguments.SetSslTargetNameOverride(options_.tls->server_name);
  }
  return grpc::CreateCustomChannel(options_.address, credentials_, arguments);
}

std::shared_ptr<grpc::Channel> ChannelSource::Get() {
  MutexLock lock(&mutex_);
  if (channel_ == nullptr) channel_ = MakeChannel();
  return channel_;
}

void ChannelSource::Discard(const std::shared_ptr<grpc::Channel>& broken) {
  MutexLock lock(&mutex_);
  if (channel_ == broken) channel_.reset();
}

absl::Status ToAbslStatus(const grpc::Status& status) {
  const std::string text = status.error_message();
  std::string_view message = text;
  // "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:7070: Failed to connect to remote host:
  // Connection refused": the reason is at the end.
  constexpr std::string_view kWrappers[] = {"last error: ", "Failed to connect to remote host: "};
  for (std::string_view wrapper : kWrappers) {
    size_t at = message.rfind(wrapper);
    if (at != std::string_view::npos) message.remove_prefix(at + wrapper.size());
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), ToAbsl(message));
}

}  // namespace sluice::client
