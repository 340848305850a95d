// What Reader does where the head does not reach.
#include <algorithm>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "collector/log/kafka/reader.h"

namespace sluice::collector::kafka {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(200);
constexpr absl::Duration kAskPatience = absl::Seconds(5);

}  // namespace

absl::Status Reader::ReadHistory(Omission* omission) {
  bool fresh = false;
  SLUICE_ASSIGN_OR_RETURN(Consumer * consumer, parts_.history->Enter(lease_, &fresh));
  if (fresh) {
    for (auto& [partition, part] : partitions_) part.reading = false;
  }
  const absl::Status status = StartHistory(consumer);
  if (status.ok()) TakeMessages(consumer, omission);
  parts_.history->Leave(lease_);
  return status;
}

absl::Status Reader::StartHistory(Consumer* consumer) {
  std::vector<TopicPartition> start;
  std::vector<TopicPartition> from_beginning;
  for (const auto& [partition, part] : partitions_) {
    if (part.watching || part.reading || !part.backlog.empty()) continue;
    start.push_back(partition);
    if (part.position < 0) from_beginning.push_back(partition);
  }
  // A client that is told "from the beginning" before it has connected waits for half a second; one that knows the
  // offset does not.
  const auto first = parts_.cluster->Offsets(from_beginning, Cluster::Which::kFirst, kAskPatience);
  for (const TopicPartition& partition : start) {
    Part& part = partitions_[partition];
    int64_t offset = part.position;
    if (offset < 0 && first.ok() && first->contains(partition)) offset = first->at(partition);
    SLUICE_RETURN_IF_ERROR(consumer->Start(partition, offset));
    part.reading = true;
    part.fetched = part.position;
    part.assembler = std::make_unique<Assembler>(part.topic, partition.partition);
  }
  return absl::OkStatus();
}

void Reader::TakeMessages(Consumer* consumer, Omission* omission) {
  std::vector<Part*> touched;
  const rd_kafka_topic_t* topic = nullptr;
  int32_t number = -1;
  Part* part = nullptr;
  TopicPartition partition;
  std::vector<Message> messages = consumer->Poll(kPoll);
  for (Message& polled : messages) {
    // Each is let go as soon as it is read: what librdkafka allocates for one's headers is there for the next one's.
    const Message message = std::move(polled);
    if (message->rkt == nullptr) continue;
    if (message->rkt != topic || message->partition != number) {
      topic = message->rkt;
      number = message->partition;
      partition = Consumer::Of(*message);
      const auto entry = partitions_.find(partition);
      part = entry == partitions_.end() || !entry->second.reading ? nullptr : &entry->second;
      if (part != nullptr) touched.push_back(part);
    }
    if (part == nullptr || !part->reading) continue;
    switch (message->err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        part->assembler->Add(*message);
        part->fetched = message->offset + 1;
        break;
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        // Caught up: from here on the head goes on, once what was read is taken.
        consumer->Stop(partition);
        part->reading = false;
        for (PlacedBatch& placed : part->assembler->Take()) part->backlog.push_back(std::move(placed));
        parts_.catalog->NoteEnd(partition, message->offset);
        if (part->backlog.empty()) part->position = message->offset;
        break;
      case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        if (omission->reason == Omission::Reason::kNone) (void)OutOfRange(consumer, partition, part, omission);
        break;
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        // Deleted; or just made and not known everywhere. The catalog says which, soon.
        consumer->Stop(partition);
        part->reading = false;
        break;
      default:
        break;
    }
  }
  for (Part* each : touched) {
    if (!each->reading) continue;
    for (PlacedBatch& placed : each->assembler->Take()) each->backlog.push_back(std::move(placed));
  }
}

// What was at the position is gone: taken by the retention, or with the topic, which was made anew.
absl::Status Reader::OutOfRange(Consumer* consumer, const TopicPartition& partition, Part* part, Omission* omission) {
  consumer->Stop(partition);
  part->reading = false;
  // It was to begin with whatever is there.
  if (part->position < 0) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const auto first, parts_.cluster->Offsets({partition}, Cluster::Which::kFirst, kAskPatience));
  const auto begin = first.find(partition);
  if (begin == first.end()) return absl::OkStatus();
  omission->reason = Omission::Reason::kRetention;
  omission->topic = part->topic;
  if (part->position < begin->second) {
    omission->records = static_cast<uint64_t>(begin->second - std::max<int64_t>(part->position, 0));
    omission->detail = StrCat("partition ", partition.partition, ": Kafka's retention removed the messages from ",
                              part->position, " to ", begin->second);
  } else {
    omission->detail = StrCat("partition ", partition.partition, " ends before ", part->position,
                              ": the topic was deleted and made anew; reading goes on from its beginning");
  }
  part->position = part->fetched = begin->second;
  return absl::OkStatus();
}

void Reader::StopHistory() {
  parts_.history->Return(lease_);
  for (auto& [partition, part] : partitions_) {
    part.reading = false;
    part.backlog.clear();
  }
}

}  // namespace sluice::collector::kafka
