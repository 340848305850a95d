#include "collector/grpc_server.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/status.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace sluice::collector {
namespace {

// Set while this thread starts a server: takes gRPC's error, the only place where it says why it cannot listen.
thread_local std::string* start_error = nullptr;

void WriteGrpcLog(gpr_log_func_args* args) {
  if (start_error != nullptr && args->severity == GPR_LOG_SEVERITY_ERROR) {
    *start_error = args->message;
    return;
  }
  // Its errors are mostly what a peer did (a broken handshake, a reset): nothing for an operator to act on.
  log::Level level = args->severity == GPR_LOG_SEVERITY_ERROR ? log::Level::kInfo : log::Level::kDebug;
  log::Write(level, "grpc", "gRPC says", {{"message", args->message}});
}

// Why gRPC cannot listen, from what it logged: `…os_error:"Address already in use"…`, or no system's error at all.
absl::Status ListenError(const GrpcServer::Options& options, std::string_view message) {
  constexpr std::string_view kMark = "os_error:\"";
  const size_t begin = message.find(kMark);
  if (begin == std::string_view::npos && options.tls.has_value()) {
    return InvalidArgument("listen.tls: gRPC cannot use these: cert and key have to be PEM and belong together");
  }
  std::string_view problem = message;
  if (begin != std::string_view::npos) {
    problem = message.substr(begin + kMark.size());
    problem = problem.substr(0, problem.find('"'));
  }
  const bool is_in_use = problem == "Address already in use";
  return Unavailable("cannot listen on ", options.address.ToString(), ": ", problem,
                     is_in_use ? "; is another collector running? Choose" : "; choose",
                     " another address with --grpc-address or listen.grpc");
}

std::shared_ptr<grpc::ServerCredentials> Credentials(const std::optional<TlsOptions>& tls) {
  if (!tls.has_value()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(tls->client_ca.empty()
                                                ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                                : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = tls->client_ca;
  options.pem_key_cert_pairs.push_back({tls->key, tls->certificate});
  return grpc::SslServerCredentials(options);
}

void SetConnectionArguments(grpc::ServerBuilder* builder) {
  // Two collectors on one port would each get a part of the agents.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // A peer that is gone without a word (a host that lost power) is noticed within half a minute.
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Clients may do the same, every five seconds.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  // Frame and window sizes, read chunks: the defaults cost no more than larger ones (measured with messages of 1 MiB).
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  // A connection without a call is closed after a while; its client connects again when it needs to.
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 600'000);
  // A small compressed message could unfold to any size, and gRPC would let it. OpenTelemetry's Collector compresses by
  // default: such messages come as they are, and OtlpService unfolds them within a bound. To others they are malformed.
  builder->SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder->AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const Options& options) {
  gpr_set_log_function(WriteGrpcLog);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetConnectionArguments(&builder);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.message_bytes_max));
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  AwaitPort(options.address);
  int port = 0;
  builder.AddListeningPort(options.address.ToString(), Credentials(options.tls), &port);
  std::unique_ptr<GrpcServer> server(new GrpcServer());
  std::string error;
  start_error = &error;
  server->server_ = builder.BuildAndStart();
  start_error = nullptr;
  if (server->server_ == nullptr || port == 0) {
    return ListenError(options, error);
  }
  server->port_ = static_cast<uint16_t>(port);
  server->SetServing("", false);
  return server;
}

GrpcServer::~GrpcServer() { Stop(absl::ZeroDuration()); }

void GrpcServer::SetServing(const std::string& service, bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(service, serving);
}

void GrpcServer::Stop(absl::Duration grace) {
  if (server_ == nullptr) return;
  server_->GetHealthCheckService()->Shutdown();
  const int64_t deadline = SystemClock()->UnixNanos() + absl::ToInt64Nanoseconds(grace);
  server_->Shutdown(std::chrono::system_clock::time_point(std::chrono::nanoseconds(deadline)));
  server_->Wait();
}

}  // namespace sluice::collector
