// What is delivered of every file, whoever delivered it.
//
// Two things say so: the compacted topic, in which each collector records the watermarks of what it delivered once a
// second, and up to which offset of each partition that holds; and the messages behind these offsets themselves. Who
// takes over an agent reads both before it accepts a batch.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/consumer.h"
#include "collector/log/kafka/file_table.h"
#include "collector/log/kafka/names.h"
#include "collector/log/kafka/state_log.h"

namespace sluice::collector::kafka {

// Thread-safe.
class Watermarks {
 public:
  struct Parts {
    Cluster* cluster = nullptr;
    FileTable* files = nullptr;
    const TopicNames* names = nullptr;
    const Clock* clock = nullptr;
  };
  // Nothing in `parts` is owned; all of it outlives this.
  static absl::StatusOr<std::unique_ptr<Watermarks>> Open(const KafkaOptions& options, Parts parts);
  ~Watermarks();  // Stops

  // Learns all that anybody has delivered up to now. Many calls at a time cost as much as two.
  absl::Status Refresh();
  // Before the first message to a topic, and when it has got partitions: from now on this collector's messages lie
  // behind what is the end of each partition.
  absl::Status Declare(const std::string& topic, int32_t partitions);
  // The messages [first, end) of the partition are this collector's, it has none before them that is not delivered, and
  // the files have it noted.
  void Delivered(const TopicPartition& partition, int64_t first, int64_t end);
  // Of this collector in all of its partitions: reads what lies behind what is Delivered, and notes it in the files.
  absl::Status FindOwn();

  // Whether another collector lives, or has died without a farewell and not long ago: as of the last Refresh.
  bool OthersMayDeliver();

  // Records what there is, and stops recording. `all_answered`: nothing of this collector is under way any more, so
  // nobody has to look for it. Idempotent.
  void Stop(bool all_answered);

 private:
  // By Kafka's name of the topic.
  using Progress = std::map<TopicPartition, int64_t>;

  Watermarks(const KafkaOptions& options, Parts parts);
  void Run();
  absl::Status RefreshNow();
  void RecordAllAgain();
  // Writes the files that have changed, then how far this goes.
  absl::Status Record();
  // Of those who do not come back; once an hour.
  void ForgetEphemeral();
  absl::Status WriteProgress(const std::string& who, int64_t time_unix_nano, const Progress& progress);
  void OnEntry(std::string_view key, std::optional<std::string_view> value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(read_mutex_);
  // Reads the partitions from these offsets to their ends.
  absl::Status ReadTails(const Progress& from) ABSL_EXCLUSIVE_LOCKS_REQUIRED(read_mutex_);
  absl::Status CheckGone(const std::vector<TopicPartition>& asked, const Progress& answered) const;
  void ForgetTheDead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(read_mutex_);

  const KafkaOptions options_;
  const Parts parts_;
  const std::string self_;
  std::unique_ptr<StateLog> state_;

  Mutex refresh_mutex_;
  CondVar refreshed_;
  uint64_t refreshes_begun_ ABSL_GUARDED_BY(refresh_mutex_) = 0;
  uint64_t refreshes_done_ ABSL_GUARDED_BY(refresh_mutex_) = 0;
  absl::Status last_refresh_ ABSL_GUARDED_BY(refresh_mutex_);

  // Readers, one at a time.
  Mutex read_mutex_;
  std::unique_ptr<Consumer> consumer_ ABSL_GUARDED_BY(read_mutex_);
  struct Other {
    int64_t time_unix_nano = 0;
    Progress progress;
  };
  std::map<std::string, Other> others_ ABSL_GUARDED_BY(read_mutex_);
  // Writers, one at a time.
  Mutex record_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);

  Mutex mutex_;
  CondVar wake_;
  Progress own_ ABSL_GUARDED_BY(mutex_);
  bool own_changed_ ABSL_GUARDED_BY(mutex_) = false;
  // Everything below was read by this collector, or is its own.
  Progress read_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sluice::collector::kafka
