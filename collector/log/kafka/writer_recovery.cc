// What Writer does when a delivery has failed, and when it ends.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/kafka/writer.h"

namespace sluice::collector::kafka {
namespace {

// How long what is under way may take to be answered before it is given up.
constexpr absl::Duration kDrainPatience = absl::Seconds(5);
// Of a batch, with errors that neither pass nor are known to be its topic's.
constexpr int kFailuresMax = 5;
// In a row without a delivery; to find a message that is refused takes two.
constexpr int kRecoveriesMax = 2;

}  // namespace

absl::Status Writer::Judge(InFlight* batch) {
  const bool own_error = std::any_of(batch->parts.begin(), batch->parts.end(),
                                     [](const auto& part) { return part->error != RD_KAFKA_RESP_ERR_NO_ERROR; });
  if (own_error) ++batch->failures;
  for (const auto& part : batch->parts) SLUICE_RETURN_IF_ERROR(JudgePart(*part));
  return absl::OkStatus();
}

// The brokers refuse it, whatever is tried.
absl::Status Writer::JudgePart(const Outgoing& outgoing) {
  const std::string_view reason = rd_kafka_err2str(outgoing.error);
  switch (outgoing.error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return absl::OkStatus();
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      // Sent together, one that is too large spoils the others: only alone it is known which one.
      if (!alone_) return absl::OkStatus();
      return InvalidArgument("topic '", outgoing.partition.topic,
                             "' takes no message as large as a line of this batch: ", reason,
                             "; raise its max.message.bytes");
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
      if (!alone_) return absl::OkStatus();
      return InvalidArgument("topic '", outgoing.partition.topic, "' refuses a line of this batch: ", reason);
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return absl::OkStatus();  // no topic's: no producer works, as Health says
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return RefuseTopic(outgoing);
    default:
      // What a new producer does not mend is the topic's, and must not keep others waiting.
      return outgoing.batch->failures < kFailuresMax ? absl::OkStatus() : RefuseTopic(outgoing);
  }
}

absl::Status Writer::RefuseTopic(const Outgoing& outgoing) {
  absl::Status why =
      ResourceExhausted("topic '", outgoing.partition.topic, "': ", std::string_view(rd_kafka_err2str(outgoing.error)));
  parts_.topics->Refuse(outgoing.part.view.topic, why);
  return why;
}

void Writer::DrainReports() {
  producer_->Purge(/*in_flight=*/false);
  const int64_t deadline = parts_.clock->MonotonicNanos() + absl::ToInt64Nanoseconds(kDrainPatience);
  bool in_flight = false;
  for (;;) {
    {
      MutexLock lock(&mutex_);
      if (messages_ == 0) return;
      work_.WaitWithTimeout(&mutex_, absl::Milliseconds(100));
    }
    const bool patient = parts_.clock->MonotonicNanos() < deadline && !Abandoned();
    if (!patient && !std::exchange(in_flight, true)) producer_->Purge(/*in_flight=*/true);
  }
}

std::vector<std::shared_ptr<InFlight>> Writer::TakeOutstanding() {
  std::vector<std::shared_ptr<InFlight>> all;
  MutexLock lock(&mutex_);
  for (auto& [file, batches] : files_) {
    for (auto& batch : batches) all.push_back(std::move(batch));
  }
  files_.clear();
  partitions_.clear();
  touched_.clear();
  bytes_ = 0;
  failed_ = false;
  SetGauges();
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->number < b->number; });
  return all;
}

void Writer::NoteRecovery(rd_kafka_resp_err_t error, const absl::Status& fatal, size_t batches) {
  parts_.metrics->CountError(NameOf(error));
  parts_.metrics->producers.Increment();
  std::string reason(fatal.ok() ? std::string_view(rd_kafka_err2str(error)) : MessageOf(fatal));
  MutexLock lock(&mutex_);
  if (std::exchange(stood_still_, false)) reason = "this process stood still";
  if (++recoveries_ > kRecoveriesMax) standstill_ = Unavailable("deliveries fail, with new producers, too: ", reason);
  if (recoveries_ > 1) return;
  recovery_backoff_.Reset();
  log::Warn("kafka", "deliveries failed; looking up what arrived, and producing the rest again",
            {{"reason", reason}, {"batches", batches}});
}

void Writer::Recover() {
  DrainReports();
  rd_kafka_resp_err_t fatal_code;
  const absl::Status fatal = producer_->Fatal(&fatal_code);
  producer_.reset();  // no report comes any more
  const std::vector<std::shared_ptr<InFlight>> all = TakeOutstanding();
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (const auto& batch : all) {
    for (const auto& part : batch->parts) {
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = part->error;
    }
  }
  // Those that only shared the producer's fate have no error of their own.
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = fatal_code;
  NoteRecovery(error, fatal, all.size());

  // One that is refused spoils those that were sent with it: the next time they go one by one.
  const bool spoiled = error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || error == RD_KAFKA_RESP_ERR_INVALID_MSG ||
                       error == RD_KAFKA_RESP_ERR_INVALID_RECORD || error == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP ||
                       error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
  std::vector<std::pair<const InFlight*, absl::Status>> refused;
  for (const auto& batch : all) {
    if (absl::Status why = Judge(batch.get()); !why.ok()) refused.emplace_back(batch.get(), std::move(why));
  }
  parts_.topics->Forget();
  if (refused.empty()) Pause(recovery_backoff_.Next());
  absl::Status status = Retry("what arrived", [this] { return parts_.watermarks->FindOwn(); });
  parts_.files->SettleAll();
  if (status.ok()) status = Retry("producer", [this, spoiled] { return MakeProducer(spoiled && !alone_); });
  for (const auto& [batch, why] : refused) parts_.files->Rejected(batch->batch.view, why);
  Answers answers;
  std::deque<Item> again;
  for (const auto& batch : all) {
    const auto entry =
        std::find_if(refused.begin(), refused.end(), [&](const auto& refusal) { return refusal.first == batch.get(); });
    if (entry != refused.end()) {
      Settle(batch->call, batch->index, {AppendResult::Outcome::kRejected, entry->second}, &answers);
    } else {
      again.push_back({std::move(batch->call), batch->index, std::move(batch->batch), batch->failures});
    }
  }
  suspects_ = again.size();
  {
    MutexLock lock(&mutex_);
    queue_.insert(queue_.begin(), std::make_move_iterator(again.begin()), std::make_move_iterator(again.end()));
    // Nobody came by meanwhile; what others delivered was read just now.
    alive_nano_ = parts_.clock->MonotonicNanos();
    if (!status.ok()) abandoned_ = true;
    if (!refused.empty()) NoteProgress();
  }
  Answer(answers);
}

void Writer::GiveUp() {
  if (producer_ != nullptr && Abandoned()) {
    producer_->Purge(/*in_flight=*/true);
    DrainReports();
  }
  producer_.reset();
  Answers answers;
  const absl::Status stopping = Unavailable("the log is stopping");
  for (const auto& batch : TakeOutstanding()) {
    Settle(batch->call, batch->index, {AppendResult::Outcome::kRejected, stopping}, &answers);
  }
  std::deque<Item> left;
  {
    MutexLock lock(&mutex_);
    left.swap(queue_);
    busy_ = false;
  }
  for (const Item& item : left) Settle(item.call, item.index, {AppendResult::Outcome::kRejected, stopping}, &answers);
  Answer(answers);
}

}  // namespace sluice::collector::kafka
