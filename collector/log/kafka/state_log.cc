#include "collector/log/kafka/state_log.h"

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

// What became of the messages of one Write; the opaque of each. Owned by the messages and by Write together: a report
// may come after Write has given up.
struct Outcome {
  size_t left = 0;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
};
using Shared = std::shared_ptr<Outcome>;

void OnReport(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  const std::unique_ptr<Shared> outcome(static_cast<Shared*>(message->_private));
  --(*outcome)->left;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) (*outcome)->error = message->err;
}

rd_kafka_resp_err_t Produce(rd_kafka_t* producer, const std::string& topic, const StateLog::Entry& entry,
                            const Shared& outcome) {
  auto opaque = std::make_unique<Shared>(outcome);
  const bool value = entry.second.has_value();
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      producer, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY(entry.first.data(), entry.first.size()),
      RD_KAFKA_V_VALUE(value ? const_cast<char*>(entry.second->data()) : nullptr, value ? entry.second->size() : 0),
      RD_KAFKA_V_OPAQUE(opaque.get()), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) (void)opaque.release();
  return error;
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateLog>> StateLog::Open(const KafkaOptions& options, const std::string& topic,
                                                         Cluster* cluster) {
  SLUICE_ASSIGN_OR_RETURN(const int32_t partitions, cluster->PartitionsOf(topic, options.start_timeout));
  if (partitions > 1) {
    return FailedPrecondition("topic '", topic, "' has ", partitions, " partitions: it needs exactly one, in which ",
                              "the watermarks are read in their order; delete it, or choose another topic_prefix");
  }
  std::unique_ptr<StateLog> log(new StateLog(options, topic, cluster));
  if (partitions == 0) SLUICE_RETURN_IF_ERROR(log->MakeTopic());
  {
    MutexLock lock(&log->write_mutex_);
    SLUICE_RETURN_IF_ERROR(log->MakeProducer());
  }
  MutexLock lock(&log->read_mutex_);
  SLUICE_ASSIGN_OR_RETURN(log->consumer_, Consumer::Make(options));
  return log;
}

absl::Status StateLog::MakeTopic() const {
  if (!options_.create_topics) {
    return FailedPrecondition("topic '", topic_, "' is missing and create_topics is false: create it with one ",
                              "partition and cleanup.policy=compact");
  }
  return cluster_->Create(
      {.name = topic_,
       .partitions = 1,
       .replication_factor = options_.replication_factor,
       .config = {{"cleanup.policy", "compact"}, {"segment.bytes", "16777216"}, {"min.cleanable.dirty.ratio", "0.1"}}},
      options_.start_timeout);
}

absl::Status StateLog::MakeProducer() {
  KafkaOptions options = options_;
  // Who writes waits for it, and has nothing more to say.
  options.properties["linger.ms"] = "1";
  SLUICE_ASSIGN_OR_RETURN(Conf conf, MakeConf(options, Role::kProducer, nullptr));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &OnReport);
  SLUICE_ASSIGN_OR_RETURN(producer_, MakeClient(std::move(conf), Role::kProducer));
  return absl::OkStatus();
}

absl::Status StateLog::Write(const std::vector<Entry>& entries, absl::Duration timeout) {
  if (entries.empty()) return absl::OkStatus();
  const Clock* const clock = SystemClock();
  const int64_t deadline = clock->MonotonicNanos() + absl::ToInt64Nanoseconds(timeout);
  const auto is_over = [&] { return clock->MonotonicNanos() >= std::min(deadline, write_until_.load()); };
  MutexLock lock(&write_mutex_);
  auto outcome = std::make_shared<Outcome>();
  for (const Entry& entry : entries) {
    const rd_kafka_resp_err_t error = Produce(producer_.get(), topic_, entry, outcome);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      outcome->error = error;
      break;
    }
    ++outcome->left;
  }
  while (outcome->left > 0 && !is_over()) rd_kafka_poll(producer_.get(), 50);
  if (outcome->left == 0 && outcome->error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  const absl::Status status =
      outcome->error != RD_KAFKA_RESP_ERR_NO_ERROR
          ? FromKafka(outcome->error, StrCat("write to topic '", topic_, "'"))
          : Unavailable("write to topic '", topic_, "': no delivery report in ", absl::FormatDuration(timeout));
  // What is not delivered is not needed any more: who called writes what is true by then.
  rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(producer_.get(), 1000);
  SLUICE_RETURN_IF_ERROR(MakeProducer());
  return status;
}

void StateLog::EndWithin(absl::Duration patience) {
  write_until_ = SystemClock()->MonotonicNanos() + absl::ToInt64Nanoseconds(patience);
}

bool StateLog::IsGone(absl::Duration timeout) const {
  const absl::StatusOr<int32_t> partitions = cluster_->PartitionsOf(topic_, timeout);
  return partitions.ok() && *partitions == 0;
}

absl::StatusOr<std::optional<int64_t>> StateLog::AskEnd(absl::Duration timeout) const {
  const TopicPartition partition{topic_, 0};
  SLUICE_ASSIGN_OR_RETURN(const auto ends, cluster_->Offsets({partition}, Cluster::Which::kEnd, timeout));
  const auto end = ends.find(partition);
  return end == ends.end() ? std::nullopt : std::optional<int64_t>(end->second);
}

absl::Status StateLog::ReadOn(absl::Duration timeout, const Visitor& visitor) {
  MutexLock lock(&read_mutex_);
  SLUICE_ASSIGN_OR_RETURN(std::optional<int64_t> end, AskEnd(timeout));
  if (!end.has_value() && IsGone(timeout)) {
    log::Error("kafka", "topic was deleted; making it again", {{"topic", topic_}});
    SLUICE_RETURN_IF_ERROR(MakeTopic());
    SLUICE_ASSIGN_OR_RETURN(end, AskEnd(timeout));
  }
  // Its broker has just started.
  if (!end.has_value()) return Unavailable("topic '", topic_, "' does not say yet where it ends");
  if (*end < next_) {
    next_ = 0;
    visitor.on_replaced();
  }
  int64_t next = next_;
  const absl::Status status = ReadStretches(
      consumer_.get(), {{{topic_, 0}, next_, *end}}, timeout,
      [&](const TopicPartition&, const rd_kafka_message_t& message) {
        next = message.offset + 1;
        const std::string_view key(static_cast<const char*>(message.key), message.key == nullptr ? 0 : message.key_len);
        if (message.payload == nullptr) return visitor.on_entry(key, std::nullopt);
        visitor.on_entry(key, std::string_view(static_cast<const char*>(message.payload), message.len));
      });
  next_ = status.ok() ? *end : next;
  return status;
}

}  // namespace sluice::collector::kafka
