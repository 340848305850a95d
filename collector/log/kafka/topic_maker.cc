#include "collector/log/kafka/topic_maker.h"

#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

constexpr int64_t kRefusalNanos = int64_t{5} * 1'000'000'000;
constexpr size_t kTopicNameMax = 249;

}  // namespace

absl::StatusOr<int32_t> TopicMaker::Partitions(std::string_view topic) {
  const std::string name = parts_.names->ToKafka(topic);
  if (const auto ready = ready_.find(name); ready != ready_.end()) {
    // Partitions are added, never taken away.
    if (parts_.catalog->PartitionsOf(topic) == ready->second) return ready->second;
  }
  if (const auto refusal = refused_.find(name);
      refusal != refused_.end() && parts_.clock->MonotonicNanos() < refusal->second.until_monotonic_nano) {
    return refusal->second.why;
  }
  absl::StatusOr<int32_t> partitions = Ask(name);
  if (!partitions.ok()) {
    if (!absl::IsUnavailable(partitions.status())) Refuse(topic, partitions.status());
    return partitions;
  }
  SLUICE_RETURN_IF_ERROR(parts_.watermarks->Declare(name, *partitions));
  parts_.catalog->Add(topic, *partitions);
  ready_[name] = *partitions;
  if (refused_.erase(name) > 0) log::Info("kafka", "topic can be used now", {{"topic", name}});
  return partitions;
}

absl::StatusOr<int32_t> TopicMaker::Ask(const std::string& name) {
  if (name.size() > kTopicNameMax) {
    return InvalidArgument("topic '", name, "' has ", name.size(), " characters with topic_prefix: Kafka allows ",
                           kTopicNameMax);
  }
  // Compacted, or hidden from readers: what is written there is lost.
  if (!parts_.names->FromKafka(name).has_value()) {
    return InvalidArgument("topic '", name, "' is one of Sluice's or Kafka's own");
  }
  SLUICE_ASSIGN_OR_RETURN(int32_t partitions, parts_.cluster->PartitionsOf(name, options_.start_timeout));
  if (partitions > 0) return partitions;
  if (!options_.create_topics) {
    return FailedPrecondition("topic '", name, "' does not exist, and create_topics is false: create it, or allow it");
  }
  SLUICE_RETURN_IF_ERROR(parts_.cluster->Create({.name = name,
                                                 .partitions = options_.partitions,
                                                 .replication_factor = options_.replication_factor,
                                                 .config = {{"max.message.bytes", StrCat(kTopicMessageBytesMax)}}},
                                                options_.start_timeout));
  log::Info("kafka", "topic created", {{"topic", name}, {"partitions", options_.partitions}});
  SLUICE_ASSIGN_OR_RETURN(partitions, parts_.cluster->PartitionsOf(name, options_.start_timeout));
  if (partitions == 0) return Unavailable("topic '", name, "' was created and is not known to all brokers yet");
  return partitions;
}

void TopicMaker::Forget() { ready_.clear(); }

void TopicMaker::Refuse(std::string_view topic, const absl::Status& why) {
  const std::string name = parts_.names->ToKafka(topic);
  Refusal& refusal = refused_[name];
  if (refusal.why.ok()) {
    log::Error("kafka", "topic cannot be used; batches for it are refused until it can", {{"reason", why}});
  }
  refusal = {why, parts_.clock->MonotonicNanos() + kRefusalNanos};
}

}  // namespace sluice::collector::kafka
