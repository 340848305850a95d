#include "collector/log/kafka/producer.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

constexpr int kPollMilliseconds = 100;
constexpr int kPushMilliseconds = 1;
constexpr int kPushAgainMilliseconds = 10;
constexpr size_t kReportsMax = 10'000;
// What a request has beside its messages.
constexpr size_t kRequestOverhead = 1'024;

size_t NumberOf(const rd_kafka_conf_t* conf, const char* property) {
  char text[32];
  size_t size = sizeof text;
  size_t number = 1;
  if (rd_kafka_conf_get(conf, property, text, &size) != RD_KAFKA_CONF_OK) return number;
  const std::string_view digits(text);
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

Producer::Limits Producer::LimitsOf(const rd_kafka_conf_t* conf) {
  const size_t bytes = std::min(NumberOf(conf, "batch.size"), NumberOf(conf, "message.max.bytes"));
  return {NumberOf(conf, "batch.num.messages"), bytes - std::min(bytes, kRequestOverhead),
          static_cast<int64_t>(NumberOf(conf, "linger.ms")) * 1'000'000};
}

absl::StatusOr<std::unique_ptr<Producer>> Producer::Make(const KafkaOptions& options, const Clock* clock,
                                                         ErrorSink* errors, bool alone, OnReports on_reports) {
  KafkaOptions own = options;
  if (alone) own.properties["batch.num.messages"] = "1";
  SLUICE_ASSIGN_OR_RETURN(Conf conf, MakeConf(own, Role::kProducer, errors));
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR);
  const Limits limits = LimitsOf(conf.get());
  SLUICE_ASSIGN_OR_RETURN(Client client, MakeClient(std::move(conf), Role::kProducer));
  return std::unique_ptr<Producer>(new Producer(std::move(client), {options.value_format, options.headers}, limits,
                                                clock, errors, std::move(on_reports)));
}

Producer::Producer(Client client, HeaderWriter::Format format, Limits limits, const Clock* clock, ErrorSink* errors,
                   OnReports on_reports)
    : client_(std::move(client)),
      limits_(limits),
      clock_(clock),
      errors_(errors),
      on_reports_(std::move(on_reports)),
      queue_(rd_kafka_queue_get_main(client_.get())),
      sender_(client_.get(), format),
      messages_(kReportsMax),
      thread_([this] { Run(); }) {}

Producer::~Producer() {
  ending_ = true;
  Wake();
  thread_.join();
  queue_.reset();
}

void Producer::Send(Outgoing* outgoing) {
  bool wake;
  {
    MutexLock lock(&mutex_);
    wake = incoming_.empty();
    incoming_.push_back(outgoing);
  }
  if (wake) Wake();
}

void Producer::Purge(bool in_flight) {
  {
    MutexLock lock(&mutex_);
    purge_ |= RD_KAFKA_PURGE_F_QUEUE | (in_flight ? RD_KAFKA_PURGE_F_INFLIGHT : 0);
  }
  Wake();
}

void Producer::Wake() { rd_kafka_queue_yield(queue_.get()); }

absl::Status Producer::Fatal(rd_kafka_resp_err_t* code) const {
  char reason[512];
  *code = rd_kafka_fatal_error(client_.get(), reason, sizeof reason);
  if (*code == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  return Unavailable("the producer gave up: ", std::string_view(reason), " (", NameOf(*code), ")");
}

void Producer::Run() {
  while (!ending_) {
    const bool more = !ready_.empty() && !failed_;
    Event event(rd_kafka_queue_poll(queue_.get(), more ? 0 : large_ > 0 ? kPushAgainMilliseconds : kPollMilliseconds));
    reports_.clear();
    push_ = event == nullptr && large_ > 0;
    if (event != nullptr) TakeEvent(event.get());
    event.reset();
    TakeIncoming();
    // Before anybody is told: the brokers are not to wait for that.
    if (!failed_) HandOver();
    Push();
    on_reports_(reports_);
  }
}

void Producer::TakeEvent(rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_DR:
      while (const size_t count = rd_kafka_event_message_array(event, messages_.data(), messages_.size())) {
        for (size_t i = 0; i < count; ++i) TakeReport(*messages_[i]);
      }
      break;
    case RD_KAFKA_EVENT_ERROR:
      if (errors_ != nullptr) errors_->OnError(rd_kafka_event_error(event), rd_kafka_event_error_string(event));
      break;
    default:
      break;
  }
  for (const Report& report : reports_) {
    Lane& lane = lanes_[report.outgoing->partition];
    Answered(&lane, report.messages);
    if (report.error != RD_KAFKA_RESP_ERR_NO_ERROR) failed_ = true;
    MarkIfReady(&lane);
  }
}

void Producer::TakeReport(const rd_kafka_message_t& message) {
  Outgoing* const outgoing = sender_.Finish(message);
  if (!reports_.empty() && reports_.back().outgoing == outgoing && reports_.back().error == message.err) {
    ++reports_.back().messages;
    reports_.back().last = message.offset;
  } else {
    reports_.push_back({outgoing, message.err, 1, message.offset, message.offset});
  }
}

void Producer::TakeIncoming() {
  std::vector<Outgoing*> incoming;
  int purge;
  {
    MutexLock lock(&mutex_);
    incoming.swap(incoming_);
    purge = std::exchange(purge_, 0);
  }
  for (Outgoing* outgoing : incoming) {
    Lane& lane = lanes_[outgoing->partition];
    lane.waiting.push_back(outgoing);
    lane.waiting_messages += outgoing->messages;
    MarkIfReady(&lane);
  }
  if (purge != 0) {
    failed_ = given_up_ = true;
    rd_kafka_purge(client_.get(), purge);
  }
  if (!given_up_) return;
  for (auto& [partition, lane] : lanes_) {
    for (Outgoing* outgoing : lane.waiting) Drop(outgoing);
    lane.waiting.clear();
    lane.waiting_messages = 0;
  }
}

void Producer::Drop(Outgoing* outgoing) {
  const uint32_t left = outgoing->messages - outgoing->handed;
  outgoing->handed = outgoing->messages;
  if (left > 0) reports_.push_back({outgoing, RD_KAFKA_RESP_ERR__PURGE_QUEUE, left, -1, -1});
}

void Producer::Answered(Lane* lane, size_t messages) {
  const int64_t now = clock_->MonotonicNanos();
  while (messages > 0 && !lane->under_way.empty()) {
    Burst& burst = lane->under_way.front();
    const size_t part = std::min(messages, burst.messages);
    messages -= part;
    burst.messages -= part;
    if (burst.messages > 0) return;
    lane->prompt = burst.counted && now - burst.since_nano < limits_.linger_nano / 2;
    --bursts_;
    if (burst.large) --large_;
    lane->under_way.pop_front();
    if (lane->under_way.empty()) continue;
    lane->under_way.front().since_nano = now;
    push_ = push_ || lane->under_way.front().large;
  }
}

void Producer::MarkIfReady(Lane* lane) {
  if (lane->ready || lane->waiting.empty()) return;
  // With several partitions under way there is enough to do for everybody.
  const bool ahead =
      lane->under_way.size() == 1 && bursts_ == 1 && lane->prompt && lane->waiting_messages >= limits_.messages;
  if (!lane->under_way.empty() && !ahead) return;
  lane->ready = true;
  ready_.push_back(lane);
}

void Producer::HandOver() {
  if (ready_.empty()) return;
  Lane* const lane = ready_.front();
  ready_.pop_front();
  lane->ready = false;
  RecordSender::Room room{limits_.messages, limits_.bytes};
  failed_ = !Fill(lane, &room);
  const size_t messages = limits_.messages - room.messages;
  lane->waiting_messages -= messages;
  const bool large = room.messages > 0 && !lane->waiting.empty();
  lane->under_way.push_back({messages, clock_->MonotonicNanos(), room.messages == 0, large});
  ++bursts_;
  if (large) ++large_;
  push_ = push_ || large;
  MarkIfReady(lane);
}

// It does so while somebody waits in a flush, if its thread comes to look meanwhile.
void Producer::Push() {
  if (std::exchange(push_, false)) (void)rd_kafka_flush(client_.get(), kPushMilliseconds);
}

bool Producer::Fill(Lane* lane, RecordSender::Room* room) {
  while (!lane->waiting.empty() && room->messages > 0) {
    Outgoing* const outgoing = lane->waiting.front();
    rd_kafka_topic_t* const topic = topics_.Of(outgoing->partition.topic);
    const rd_kafka_resp_err_t error =
        topic == nullptr ? rd_kafka_last_error() : sender_.Send(topic, clock_->UnixNanos(), outgoing, room);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++outgoing->handed;
      reports_.push_back({outgoing, error, 1, -1, -1});
      return false;
    }
    if (outgoing->handed < outgoing->messages) return true;
    lane->waiting.pop_front();
  }
  return true;
}

}  // namespace sluice::collector::kafka
