#include "consumer/cli/connection_flags.h"

namespace sluice::cli {

void AddConnectionFlags(CLI::App* app, ConnectionFlags* flags) {
  constexpr char kGroup[] = "Connection";
  app->add_option("--collector", flags->collector,
                  "Address of the collector; SLUICE_COLLECTOR in the environment sets it, too")
      ->type_name("HOST:PORT")
      ->envname("SLUICE_COLLECTOR")
      ->capture_default_str()
      ->group(kGroup);
  app->add_flag("--tls", flags->tls, "Encrypt; implied by the other --tls flags")->group(kGroup);
  app->add_option("--tls-ca", flags->tls_ca, "Authorities that the collector's certificate may come from (PEM)")
      ->type_name("FILE")
      ->group(kGroup);
  app->add_option("--tls-cert", flags->tls_cert, "Certificate to show to the collector (PEM)")
      ->type_name("FILE")
      ->group(kGroup);
  app->add_option("--tls-key", flags->tls_key, "Key of that certificate (PEM)")->type_name("FILE")->group(kGroup);
  app->add_option("--tls-server-name", flags->tls_server_name,
                  "Name in the collector's certificate, if it is not the host of --collector")
      ->type_name("NAME")
      ->group(kGroup);
}

absl::StatusOr<std::unique_ptr<client::Client>> MakeClient(const ConnectionFlags& flags) {
  client::ClientOptions options;
  options.address = flags.collector;
  client::TlsOptions tls = {.ca_file = flags.tls_ca,
                            .cert_file = flags.tls_cert,
                            .key_file = flags.tls_key,
                            .server_name = flags.tls_server_name};
  bool any = !tls.ca_file.empty() || !tls.cert_file.empty() || !tls.key_file.empty() || !tls.server_name.empty();
  if (flags.tls || any) options.tls = std::move(tls);
  return client::Client::Create(std::move(options));
}

}  // namespace sluice::cli
