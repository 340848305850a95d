#include "collector/log/kafka/consumer.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/clock.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

// How many messages a poll takes at most.
constexpr size_t kPollMessages = 2'000;
// When to wake librdkafka: as soon as so much was taken, a part of what it fetches ahead (client.cc) …
constexpr size_t kTakenMessages = 5'000;
constexpr size_t kTakenBytes = size_t{2} << 20;
// … and no more than this is left.
constexpr size_t kLeftMessages = 4'000;
// Enough that every broker leads one of them, a few at a time where there are many.
constexpr size_t kWokenPartitions = 64;
constexpr int kWakeMilliseconds = 1;

}  // namespace

absl::StatusOr<std::unique_ptr<Consumer>> Consumer::Make(const KafkaOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(Conf conf, MakeConf(options, Role::kReader, nullptr));
  SLUICE_ASSIGN_OR_RETURN(Client client, MakeClient(std::move(conf), Role::kReader));
  return std::unique_ptr<Consumer>(new Consumer(std::move(client)));
}

Consumer::~Consumer() {
  StopAll();
  queue_.reset();
}

absl::Status Consumer::Start(const TopicPartition& partition, int64_t offset) {
  rd_kafka_topic_t* topic = topics_.Of(partition.topic);
  const int64_t from = offset < 0 ? RD_KAFKA_OFFSET_BEGINNING : offset;
  if (topic == nullptr || rd_kafka_consume_start_queue(topic, partition.partition, from, queue_.get()) != 0) {
    return FromKafka(rd_kafka_last_error(), StrCat("read ", partition.topic, "[", partition.partition, "]"));
  }
  started_.push_back(partition);
  return absl::OkStatus();
}

void Consumer::Stop(const TopicPartition& partition) {
  const auto entry = std::find(started_.begin(), started_.end(), partition);
  if (entry == started_.end()) return;
  rd_kafka_consume_stop(topics_.Of(partition.topic), partition.partition);
  started_.erase(entry);
}

void Consumer::StopAll() {
  while (!started_.empty()) Stop(TopicPartition(started_.back()));
}

// While what it has fetched and nobody has taken is above its bounds, librdkafka (2.0) fetches nothing, and looks again
// only when something wakes the connection's thread, after a second at the latest. A question to the brokers does.
void Consumer::KeepFlowing() {
  const bool due = taken_messages_ >= kTakenMessages || taken_bytes_ >= kTakenBytes;
  if (!due || started_.empty() || rd_kafka_queue_length(queue_.get()) > kLeftMessages) return;
  taken_messages_ = taken_bytes_ = 0;
  const size_t count = std::min(started_.size(), kWokenPartitions);
  const Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(count)));
  for (size_t i = 0; i < count; ++i) {
    const TopicPartition& partition = started_[(next_woken_ + i) % started_.size()];
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset =
        RD_KAFKA_OFFSET_END;
  }
  next_woken_ = (next_woken_ + count) % started_.size();
  // Whatever it answers, and whether it does in time.
  (void)rd_kafka_offsets_for_times(client_.get(), list.get(), kWakeMilliseconds);
}

std::vector<Message> Consumer::Poll(absl::Duration timeout) {
  std::array<rd_kafka_message_t*, kPollMessages> buffer;
  // Waits only while there is nothing at all: a lone message is not held back for others.
  const auto wait = static_cast<int>(absl::ToInt64Milliseconds(timeout));
  ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), 0, buffer.data(), buffer.size());
  KeepFlowing();
  if (count <= 0) {
    count = rd_kafka_consume_batch_queue(queue_.get(), wait, buffer.data(), 1);
    if (count == 1) {
      const ssize_t more = rd_kafka_consume_batch_queue(queue_.get(), 0, buffer.data() + 1, buffer.size() - 1);
      count += std::max<ssize_t>(more, 0);
    }
  }
  std::vector<Message> messages;
  messages.reserve(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  for (ssize_t i = 0; i < count; ++i) messages.emplace_back(buffer[static_cast<size_t>(i)]);
  taken_messages_ += messages.size();
  for (const Message& message : messages) taken_bytes_ += message->len;
  return messages;
}

absl::Status ReadStretches(Consumer* consumer, const std::vector<Stretch>& stretches, absl::Duration timeout,
                           const std::function<void(const TopicPartition&, const rd_kafka_message_t&)>& on_message) {
  std::map<TopicPartition, int64_t> left;  // and where it ends
  const Clock* const clock = SystemClock();
  const int64_t deadline = clock->MonotonicNanos() + absl::ToInt64Nanoseconds(timeout);
  absl::Status status;
  for (const Stretch& stretch : stretches) {
    if (stretch.begin >= stretch.end) continue;
    status = consumer->Start(stretch.partition, stretch.begin);
    if (!status.ok()) break;
    left[stretch.partition] = stretch.end;
  }
  while (status.ok() && !left.empty()) {
    if (clock->MonotonicNanos() > deadline) status = Unavailable("the brokers do not give what was asked for in time");
    std::vector<Message> messages = consumer->Poll(absl::Milliseconds(100));
    for (Message& polled : messages) {
      const Message message = std::move(polled);
      if (message->rkt == nullptr) continue;
      const TopicPartition partition = Consumer::Of(*message);
      const auto entry = left.find(partition);
      if (entry == left.end()) continue;
      bool finished = false;
      switch (message->err) {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
          if (message->offset < entry->second) on_message(partition, *message);
          finished = message->offset + 1 >= entry->second;
          break;
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
          finished = message->offset >= entry->second;
          break;
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
          // Removed from below: what is left begins later. From above (another topic by now): nothing to be found.
          consumer->Stop(partition);
          status = consumer->Start(partition, -1);
          break;
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
          finished = true;
          break;
        default:
          break;
      }
      if (finished) {
        consumer->Stop(partition);
        left.erase(entry);
      }
    }
  }
  consumer->StopAll();
  return status;
}

}  // namespace sluice::collector::kafka
