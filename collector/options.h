// The collector's configuration: what its flags and its file say.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/address.h"
#include "collector/direct/direct_options.h"
#include "collector/ingest/push_session.h"
#include "collector/log/kafka/options.h"
#include "collector/log/rocksdb/options.h"
#include "collector/route/route_options.h"
#include "collector/subscribe/groups/group_options.h"

namespace sluice::collector {

// Texts of the files, PEM.
struct TlsOptions {
  std::string certificate;
  std::string key;
  // Set: clients have to show a certificate that one of these signed.
  std::string client_ca;
};

struct CollectorOptions {
  HostPort grpc_address{"127.0.0.1", 7070};
  HostPort http_address{"127.0.0.1", 7071};
  std::optional<TlsOptions> tls;
  // Which of the two engines keeps the log.
  enum class Engine { kRocksDb, kKafka };
  Engine engine = Engine::kRocksDb;
  RocksDbOptions log;
  RoutingOptions routing;
  KafkaOptions kafka;
  IngestLimits ingest;
  DirectOptions direct;
  size_t subscribers_max = 4'096;
  GroupOptions groups;
  std::vector<std::string> warnings;  // of what is no error, each with where it stands
};

// Flags that were given; each one goes before the file's word.
struct CollectorFlags {
  std::string config_file;
  std::string grpc_address;
  std::string http_address;
  std::string data_dir;
  bool insecure = false;
};

// Everything is checked that can be without starting. InvalidArgument (or what kept the file from being read) tells all
// problems, one a line.
absl::StatusOr<CollectorOptions> LoadOptions(const CollectorFlags& flags);
// As LoadOptions, with the text of the file; `name` stands for it in errors.
absl::StatusOr<CollectorOptions> ParseOptions(const CollectorFlags& flags, std::string_view yaml,
                                              const std::string& name);

}  // namespace sluice::collector
