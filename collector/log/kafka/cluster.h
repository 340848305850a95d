// What is asked of the cluster beside producing and reading: topics, partitions, offsets. Each call waits for the
// answer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/log/kafka/client.h"
#include "collector/log/kafka/handles.h"
#include "collector/log/kafka/options.h"

namespace sluice::collector::kafka {

// By Kafka's name. What is there of a topic's partitions.
struct TopicPartition {
  std::string topic;
  int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const TopicPartition& p) {
    return H::combine(std::move(h), p.topic, p.partition);
  }
};

// Thread-safe.
class Cluster {
 public:
  static absl::StatusOr<std::unique_ptr<Cluster>> Connect(const KafkaOptions& options, ErrorSink* errors);

  const std::string& id() const { return id_; }

  // How many partitions each topic has. Unavailable if no broker answers.
  absl::StatusOr<std::map<std::string, int32_t>> Topics(absl::Duration timeout);
  // Of one topic; 0 if there is no such topic. PermissionDenied if we may not know.
  absl::StatusOr<int32_t> PartitionsOf(const std::string& topic, absl::Duration timeout);

  struct NewTopic {
    std::string name;
    int partitions = 1;
    int replication_factor = 1;
    std::map<std::string, std::string> config;
  };
  // OK if it is there afterwards, and all of its partitions answer. The error names topic and reason: PermissionDenied
  // or InvalidArgument if it will not be made, Unavailable if it may later.
  absl::Status Create(const NewTopic& topic, absl::Duration timeout);

  enum class Which { kFirst, kEnd };
  // The offset of each partition's first message, or behind its last; partitions that are gone are left out.
  absl::StatusOr<std::map<TopicPartition, int64_t>> Offsets(const std::vector<TopicPartition>& partitions, Which which,
                                                            absl::Duration timeout);
  // The first message of that time or later; partitions that have none are left out.
  absl::StatusOr<std::map<TopicPartition, int64_t>> OffsetsAt(const std::vector<TopicPartition>& partitions,
                                                              int64_t unix_milli, absl::Duration timeout);

  struct GroupMember {
    std::string client_id;
    std::vector<int32_t> partitions;  // of the one topic that it has some of
  };
  // Of a group of Kafka's.
  absl::StatusOr<std::vector<GroupMember>> GroupMembers(const std::string& group, absl::Duration timeout);

 private:
  Cluster(Client client) : client_(std::move(client)) {}
  absl::Status Ask(const NewTopic& topic, absl::Duration timeout);
  absl::StatusOr<std::map<TopicPartition, int64_t>> List(const std::vector<TopicPartition>& partitions, int64_t time,
                                                         absl::Duration timeout);

  const Client client_;
  std::string id_;
};

}  // namespace sluice::collector::kafka
