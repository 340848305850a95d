// The compacted topic in which collectors keep what they know: values by key, the last one counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/consumer.h"

namespace sluice::collector::kafka {

// Thread-safe. All calls wait for the brokers.
class StateLog {
 public:
  // Makes the topic if it is not there.
  static absl::StatusOr<std::unique_ptr<StateLog>> Open(const KafkaOptions& options, const std::string& topic,
                                                        Cluster* cluster);

  // No value: the key is forgotten.
  using Entry = std::pair<std::string, std::optional<std::string>>;
  // OK if all of them are durable. Else some may be.
  absl::Status Write(const std::vector<Entry>& entries, absl::Duration timeout);
  struct Visitor {
    // Somebody has deleted the topic: what was written before is not in the one that is there now.
    std::function<void()> on_replaced;
    std::function<void(std::string_view key, std::optional<std::string_view> value)> on_entry;
  };
  // What was written by anybody since the last call, in order, to the end that the topic has now. A topic that was
  // deleted is made again, if that is allowed, and read from its beginning.
  absl::Status ReadOn(absl::Duration timeout, const Visitor& visitor);
  // The brokers know of no such topic.
  bool IsGone(absl::Duration timeout) const;
  // From now on all writes together take no longer than this.
  void EndWithin(absl::Duration patience);

 private:
  StateLog(KafkaOptions options, std::string topic, Cluster* cluster)
      : options_(std::move(options)), topic_(std::move(topic)), cluster_(cluster) {}
  absl::Status MakeTopic() const;
  // Nullopt: the brokers know of none.
  absl::StatusOr<std::optional<int64_t>> AskEnd(absl::Duration timeout) const;
  absl::Status MakeProducer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);

  const KafkaOptions options_;
  const std::string topic_;
  Cluster* const cluster_;

  std::atomic<int64_t> write_until_{std::numeric_limits<int64_t>::max()};  // monotonic
  Mutex write_mutex_;
  Client producer_ ABSL_GUARDED_BY(write_mutex_);
  Mutex read_mutex_;
  std::unique_ptr<Consumer> consumer_ ABSL_GUARDED_BY(read_mutex_);
  int64_t next_ ABSL_GUARDED_BY(read_mutex_) = 0;
};

}  // namespace sluice::collector::kafka
