// The flags by which every command that asks a collector finds it.
#pragma once

#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "consumer/client/client.h"

namespace sluice::cli {

struct ConnectionFlags {
  std::string collector = "127.0.0.1:7070";
  bool tls = false;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_server_name;
};

// `flags` must live as long as `app`.
void AddConnectionFlags(CLI::App* app, ConnectionFlags* flags);

// Does not connect yet. Errors are errors of usage.
absl::StatusOr<std::unique_ptr<client::Client>> MakeClient(const ConnectionFlags& flags);

}  // namespace sluice::cli
