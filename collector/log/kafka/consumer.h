// Reads partitions from offsets that it is told, without a group.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/log/kafka/client.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/handles.h"

namespace sluice::collector::kafka {

// One client of librdkafka: a few threads and a connection to each broker. Used by one thread at a time.
class Consumer {
 public:
  static absl::StatusOr<std::unique_ptr<Consumer>> Make(const KafkaOptions& options);
  ~Consumer();

  // `offset` -1: from the beginning. Once for each partition.
  absl::Status Start(const TopicPartition& partition, int64_t offset);
  void Stop(const TopicPartition& partition);
  void StopAll();
  bool reads_any() const { return !started_.empty(); }

  // What there is, or comes within `timeout`: messages, and errors and ends of partitions as librdkafka tells them.
  std::vector<Message> Poll(absl::Duration timeout);
  // Ends a Poll that waits. From any thread.
  void Wake() { rd_kafka_queue_yield(queue_.get()); }
  // Of a message that Poll gave, by Kafka's name.
  static TopicPartition Of(const rd_kafka_message_t& message) {
    return {rd_kafka_topic_name(message.rkt), message.partition};
  }

 private:
  explicit Consumer(Client client) : client_(std::move(client)), queue_(rd_kafka_queue_new(client_.get())) {}
  // Sees to it that the brokers are asked for more before all that was fetched is taken.
  void KeepFlowing();

  const Client client_;
  Queue queue_;
  Topics topics_{client_.get()};
  std::vector<TopicPartition> started_;
  // Taken since the threads of librdkafka were last woken, and of which partitions they are woken next.
  size_t taken_messages_ = 0;
  size_t taken_bytes_ = 0;
  size_t next_woken_ = 0;
};

// One stretch of a partition.
struct Stretch {
  TopicPartition partition;
  int64_t begin = 0;
  int64_t end = 0;
};
// Every message of the stretches, in order in each. What retention has removed meanwhile is passed over. Unavailable if
// not all was read within `timeout`.
absl::Status ReadStretches(Consumer* consumer, const std::vector<Stretch>& stretches, absl::Duration timeout,
                           const std::function<void(const TopicPartition&, const rd_kafka_message_t&)>& on_message);

}  // namespace sluice::collector::kafka
