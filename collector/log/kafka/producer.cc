#include "collector/log/kafka/producer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

constexpr int kPollMilliseconds = 100;
constexpr size_t kReportsMax = 10'000;

}  // namespace

absl::StatusOr<std::unique_ptr<Producer>> Producer::Make(const KafkaOptions& options, ErrorSink* errors, bool alone,
                                                         OnReports on_reports) {
  KafkaOptions own = options;
  if (alone) own.properties["batch.num.messages"] = "1";
  SLUICE_ASSIGN_OR_RETURN(Conf conf, MakeConf(own, Role::kProducer, errors));
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR);
  SLUICE_ASSIGN_OR_RETURN(Client client, MakeClient(std::move(conf), Role::kProducer));
  return std::unique_ptr<Producer>(
      new Producer(std::move(client), {options.value_format, options.headers}, errors, std::move(on_reports)));
}

Producer::Producer(Client client, HeaderWriter::Format format, ErrorSink* errors, OnReports on_reports)
    : client_(std::move(client)),
      format_(format),
      errors_(errors),
      on_reports_(std::move(on_reports)),
      queue_(rd_kafka_queue_get_main(client_.get())),
      thread_([this] { Run(); }) {}

Producer::~Producer() {
  ending_ = true;
  Wake();
  thread_.join();
  topics_.clear();
  queue_.reset();
}

rd_kafka_topic_t* Producer::TopicOf(const std::string& name) {
  auto entry = topics_.find(name);
  if (entry == topics_.end()) {
    Topic topic(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    if (topic == nullptr) return nullptr;
    entry = topics_.emplace(name, std::move(topic)).first;
  }
  return entry->second.get();
}

rd_kafka_resp_err_t Producer::Send(int64_t now_unix_nano, Outgoing* outgoing, uint32_t* sent) {
  *sent = 0;
  rd_kafka_topic_t* topic = TopicOf(outgoing->partition.topic);
  if (topic == nullptr) return rd_kafka_last_error();
  return sender_.Produce(client_.get(), topic, format_, now_unix_nano, outgoing, sent);
}

void Producer::Purge(bool in_flight) {
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | (in_flight ? RD_KAFKA_PURGE_F_INFLIGHT : 0));
}

void Producer::Wake() { rd_kafka_queue_yield(queue_.get()); }

absl::Status Producer::Fatal() const {
  char reason[512];
  const rd_kafka_resp_err_t error = rd_kafka_fatal_error(client_.get(), reason, sizeof reason);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  return Unavailable("the producer gave up: ", std::string_view(reason), " (", NameOf(error), ")");
}

void Producer::Run() {
  std::vector<const rd_kafka_message_t*> messages(kReportsMax);
  std::vector<Report> reports;
  while (!ending_) {
    const Event event(rd_kafka_queue_poll(queue_.get(), kPollMilliseconds));
    reports.clear();
    if (event != nullptr && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
      size_t count;
      while ((count = rd_kafka_event_message_array(event.get(), messages.data(), messages.size())) > 0) {
        for (size_t i = 0; i < count; ++i) {
          const rd_kafka_message_t& message = *messages[i];
          reports.push_back({static_cast<Outgoing*>(message._private), message.err, message.offset});
        }
      }
    }
    if (event != nullptr && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR && errors_ != nullptr) {
      errors_->OnError(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
    }
    on_reports_(reports);
  }
}

}  // namespace sluice::collector::kafka
