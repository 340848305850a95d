// Sees that a topic is there before something is produced to it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "collector/log/kafka/catalog.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/watermarks.h"

namespace sluice::collector::kafka {

// Used by one thread at a time.
class TopicMaker {
 public:
  struct Parts {
    Cluster* cluster = nullptr;
    Catalog* catalog = nullptr;
    Watermarks* watermarks = nullptr;
    const TopicNames* names = nullptr;
    const Clock* clock = nullptr;
  };
  TopicMaker(const KafkaOptions& options, Parts parts) : options_(options), parts_(parts) {}

  // How many partitions the topic has; makes it if need be. Unavailable: ask again. Else the topic and why it cannot be
  // used; the same answer for a while.
  absl::StatusOr<int32_t> Partitions(std::string_view topic);
  // The topic may have changed: asks anew.
  void Forget();
  // Batches for it are refused for a while.
  void Refuse(std::string_view topic, const absl::Status& why);

 private:
  absl::StatusOr<int32_t> Ask(const std::string& name);

  const KafkaOptions options_;
  const Parts parts_;
  std::map<std::string, int32_t, std::less<>> ready_;
  struct Refusal {
    absl::Status why;
    int64_t until_monotonic_nano = 0;
  };
  std::map<std::string, Refusal, std::less<>> refused_;
};

}  // namespace sluice::collector::kafka
