// The newest messages of the partitions that somebody waits for: read once, whatever the number of readers.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/kafka/assembler.h"
#include "collector/log/kafka/consumer.h"
#include "collector/log/kafka/metrics.h"
#include "collector/log/kafka/names.h"
#include "collector/log/listeners.h"

namespace sluice::collector::kafka {

// Thread-safe.
class Head {
 public:
  // `names`, `listeners`, `metrics`, `clock` are not owned.
  static absl::StatusOr<std::unique_ptr<Head>> Make(const KafkaOptions& options, const TopicNames* names,
                                                    Listeners* listeners, Metrics* metrics, const Clock* clock);
  ~Head();  // Stops

  // Somebody has read the partition up to `offset` and waits for what comes: from now on it is read, from there if it
  // was not read before. Unwatch has to follow.
  void Watch(const TopicPartition& partition, int64_t offset);
  void Unwatch(const TopicPartition& partition);
  // Somebody waits for whatever comes, also in topics that are not there yet; and does not any more.
  void AddWaiter();
  void RemoveWaiter();
  // Partitions are new: if anybody waits, they are read from their beginning for a while, so that those who
  // wait hear of them.
  void Announce(const std::vector<TopicPartition>& partitions);

  struct View {
    // False: what is at the offset has to be read from the partition itself.
    bool covered = false;
    // The first ones that reach behind the offset.
    std::vector<std::shared_ptr<const PlacedBatch>> batches;
    // Nothing is between the last of these (or the offset asked for) and this one.
    int64_t end = 0;
  };
  View From(const TopicPartition& partition, int64_t offset) const;
  // Waits until the partition is read up to `end`; false if that takes longer than `timeout`.
  bool WaitFor(const TopicPartition& partition, int64_t end, absl::Duration timeout) const;

  void Stop();

 private:
  struct Part {
    int watchers = 0;
    int64_t idle_since_nano = 0;
    bool started = false;
    bool lost = false;  // the brokers refuse it
    int64_t begin = 0;
    int64_t end = 0;
    std::deque<std::shared_ptr<const PlacedBatch>> batches;
    std::unique_ptr<Assembler> assembler;
  };
  Head(const KafkaOptions& options, const TopicNames* names, Listeners* listeners, Metrics* metrics,
       const Clock* clock);
  void Run();
  // Starts and stops reading as the watchers want it. False if there is nothing to read.
  bool Arrange();
  void Take(std::vector<Message> messages);
  void Push(const TopicPartition& partition, Part* part, std::vector<PlacedBatch> batches,
            std::vector<StoredBatch>* told) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Lets all of its batches go.
  void Drop(const TopicPartition& partition, Part* part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Evict() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnError(const TopicPartition& partition, rd_kafka_resp_err_t error) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const KafkaOptions options_;
  const TopicNames* const names_;
  Listeners* const listeners_;
  Metrics* const metrics_;
  const Clock* const clock_;
  std::unique_ptr<Consumer> consumer_;  // of the thread, but for Wake

  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::map<TopicPartition, Part> parts_ ABSL_GUARDED_BY(mutex_);
  // In the order in which they came, to let the oldest go.
  std::deque<TopicPartition> order_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int waiters_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sluice::collector::kafka
