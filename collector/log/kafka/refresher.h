// Looks after the cluster now and then: topics, partitions, offsets; and says how the log fares.
#pragma once

#include <cstdint>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/kafka/catalog.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/connection_errors.h"
#include "collector/log/kafka/head.h"
#include "collector/log/kafka/writer.h"

namespace sluice::collector::kafka {

// Thread-safe.
class Refresher {
 public:
  struct Parts {
    Cluster* cluster = nullptr;
    Catalog* catalog = nullptr;
    Head* head = nullptr;
    Writer* writer = nullptr;
    ConnectionErrors* errors = nullptr;
    const Clock* clock = nullptr;
  };
  Refresher(const KafkaOptions& options, Parts parts) : options_(options), parts_(parts) {}
  ~Refresher() { Stop(); }

  // Looks once, then goes on by itself.
  absl::Status Start();
  // Which topics there are and where their partitions begin and end, as it was at `monotonic_nano` or later: what is
  // known by then is good enough. If the brokers do not answer, nothing changes.
  void RefreshSince(int64_t monotonic_nano);
  void RefreshNow() { RefreshSince(parts_.clock->MonotonicNanos()); }
  // Not if what is known is younger than that.
  void RefreshOffsets(absl::Duration age);
  absl::Status Health();
  void Stop();

 private:
  absl::Status RefreshTopics();
  void RefreshOffsets();
  void Announce();
  void Run();
  // One log line when it gets bad, and one when it is good again.
  void Tell();

  const KafkaOptions options_;
  const Parts parts_;
  uint64_t announced_version_ = 0;  // of the thread
  std::map<TopicPartition, int64_t> announced_;
  bool told_ = false;

  Mutex mutex_;
  CondVar wake_;
  absl::Status reachable_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<int64_t> offsets_at_nano_ ABSL_GUARDED_BY(mutex_);
  bool refreshing_ ABSL_GUARDED_BY(mutex_) = false;
  CondVar refreshed_;
  int64_t refreshed_at_nano_ ABSL_GUARDED_BY(mutex_) = 0;  // when the last one that is over began
  std::thread thread_;
};

}  // namespace sluice::collector::kafka
