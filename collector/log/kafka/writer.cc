#include "collector/log/kafka/writer.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/pending_batch.h"

namespace sluice::collector::kafka {
namespace {

// How long a stop waits for brokers that answer nothing.
constexpr absl::Duration kStopPatience = absl::Seconds(5);

absl::Status Stopping() { return Unavailable("the log is stopping"); }

AppendResult Rejection(absl::Status why) { return {AppendResult::Outcome::kRejected, std::move(why)}; }

// What a topic's refusal means for a batch: it may be taken when somebody has seen to the topic.
absl::Status AsRefusal(const absl::Status& why) { return ResourceExhausted(MessageOf(why)); }

}  // namespace

Writer::Writer(const KafkaOptions& options, Parts parts)
    : options_(options), parts_(parts), alive_nano_(parts.clock->MonotonicNanos()) {}

absl::StatusOr<std::unique_ptr<Writer>> Writer::Open(const KafkaOptions& options, Parts parts) {
  std::unique_ptr<Writer> writer(new Writer(options, parts));
  SLUICE_RETURN_IF_ERROR(writer->MakeProducer(/*alone=*/false));
  writer->thread_ = std::thread([self = writer.get()] { self->Run(); });
  return writer;
}

Writer::~Writer() { Stop(); }

absl::Status Writer::MakeProducer(bool alone) {
  SLUICE_ASSIGN_OR_RETURN(producer_, Producer::Make(options_, parts_.clock, parts_.errors, alone,
                                                    [this](const auto& reports) { OnReports(reports); }));
  alone_ = alone;
  return absl::OkStatus();
}

void Writer::Append(std::vector<PendingBatch> batches, EventLog::AppendDone done) {
  auto call = std::make_shared<AppendCall>();
  call->results.resize(batches.size());
  {
    MutexLock lock(&mutex_);
    if (!stopping_ && !batches.empty()) {
      call->done = std::move(done);
      call->left = batches.size();
      for (size_t i = 0; i < batches.size(); ++i)
        queue_.push_back({.call = call, .index = i, .batch = std::move(batches[i])});
      work_.Signal();
      return;
    }
  }
  for (AppendResult& result : call->results) result = Rejection(Stopping());
  done(std::move(call->results));
}

void Writer::AdmitAgent(const std::string& agent) {
  MutexLock lock(&mutex_);
  admitted_.insert(agent);
}

absl::Status Writer::Health() {
  MutexLock lock(&mutex_);
  if (!trouble_.ok()) return trouble_;
  if (!standstill_.ok()) return standstill_;
  const int64_t silence = parts_.clock->MonotonicNanos() - last_acknowledged_nano_;
  if (messages_ == 0 || silence < absl::ToInt64Nanoseconds(options_.stall_timeout)) return absl::OkStatus();
  return Unavailable("the brokers have acknowledged nothing for ", silence / 1'000'000'000, " s; ", messages_,
                     " messages wait");
}

bool Writer::ended_clean() {
  MutexLock lock(&mutex_);
  return ended_ && !abandoned_;
}

void Writer::Run() {
  Item item;
  while (Take(&item)) Handle(std::move(item));
  GiveUp();
}

bool Writer::Take(Item* item) {
  for (;;) {
    bool recover = false;
    {
      MutexLock lock(&mutex_);
      busy_ = false;
      while (queue_.empty() && !failed_ && !ended_ && !abandoned_) {
        changed_.SignalAll();
        work_.Wait(&mutex_);
      }
      if (abandoned_ || (ended_ && queue_.empty() && !failed_)) return false;
      busy_ = true;
      recover = failed_;
      if (!recover) {
        *item = std::move(queue_.front());
        queue_.pop_front();
        return true;
      }
    }
    Recover();
  }
}

void Writer::Handle(Item item) {
  std::vector<int32_t> partitions;
  if (absl::Status status = Admit(item.batch, &partitions); !status.ok()) return Reject(item, status);
  if (!WaitForRoom()) return Reject(item, Stopping());
  // All that was spoiled has gone by.
  if (alone_ && suspects_ == 0 && Idle()) (void)Retry("producer", [this] { return MakeProducer(/*alone=*/false); });
  if (suspects_ > 0) --suspects_;
  const FileTable::Verdict verdict = parts_.files->Send(item.batch.view);
  if (verdict.kind == FileTable::Verdict::Kind::kReject) return Reject(item, verdict.rejection);
  Produce(std::move(item), verdict, partitions);
}

absl::Status Writer::Admit(const PendingBatch& batch, std::vector<int32_t>* partitions) {
  SLUICE_RETURN_IF_ERROR(CheckPendingBatch(batch));
  const std::string agent(batch.view.agent);
  bool known;
  {
    MutexLock lock(&mutex_);
    NoteAlive();
    known = admitted_.contains(agent);
  }
  if (!known) {
    SLUICE_RETURN_IF_ERROR(Retry("watermarks", [this] { return parts_.watermarks->Refresh(); }));
    AdmitAgent(agent);
  }
  const size_t count = batch.parts.has_value() ? batch.parts->size() : 1;
  for (size_t i = 0; i < count; ++i) {
    const BatchView& view = batch.parts.has_value() ? (*batch.parts)[i].view : batch.view;
    const absl::Status topic = Retry("topic", [this, &view, partitions]() -> absl::Status {
      SLUICE_ASSIGN_OR_RETURN(const int32_t number, parts_.topics->Partitions(view.topic));
      partitions->push_back(number);
      return absl::OkStatus();
    });
    if (!topic.ok()) return absl::IsUnavailable(topic) ? topic : AsRefusal(topic);
    const size_t largest = LargestMessage(view, options_.value_format);
    if (largest <= kTopicMessageBytesMax) continue;
    return InvalidArgument("a line of ", largest, " bytes with its headers: a Kafka message has at most ",
                           kTopicMessageBytesMax);
  }
  return absl::OkStatus();
}

absl::Status Writer::Retry(const std::string& what, const std::function<absl::Status()>& ask) {
  bool told = false;
  for (;;) {
    const absl::Status status = ask();
    if (!absl::IsUnavailable(status)) {
      if (told) {
        MutexLock lock(&mutex_);
        trouble_ = absl::OkStatus();
      }
      if (status.ok()) backoff_.Reset();
      return status;
    }
    {
      MutexLock lock(&mutex_);
      trouble_ = Annotate(status, what);
      if (stopping_) return Stopping();
    }
    told = true;
    if (!Pause(backoff_.Next())) return Stopping();
  }
}

bool Writer::Pause(absl::Duration duration) {
  MutexLock lock(&mutex_);
  if (!stopping_) work_.WaitWithTimeout(&mutex_, duration);
  return !stopping_;
}

bool Writer::Abandoned() {
  MutexLock lock(&mutex_);
  return abandoned_;
}

bool Writer::Idle() {
  MutexLock lock(&mutex_);
  return files_.empty();
}

bool Writer::WaitForRoom() {
  for (;;) {
    {
      MutexLock lock(&mutex_);
      while (!failed_ && !abandoned_ && (messages_ >= options_.queue_messages || bytes_ >= options_.queue_bytes)) {
        work_.Wait(&mutex_);
      }
      if (abandoned_) return false;
      if (!failed_) return true;
    }
    Recover();
  }
}

std::shared_ptr<InFlight> Writer::Prepare(Item item, const FileTable::Verdict& verdict,
                                          const std::vector<int32_t>& partitions) {
  auto batch = std::make_shared<InFlight>();
  batch->call = std::move(item.call);
  batch->index = item.index;
  batch->batch = std::move(item.batch);
  batch->failures = item.failures;
  batch->file = FileName(batch->batch.view.agent, batch->batch.view.file);
  batch->number = ++next_number_;
  batch->produced_monotonic_nano = parts_.clock->MonotonicNanos();
  batch->duplicate = verdict.kind == FileTable::Verdict::Kind::kDuplicate;
  const bool divided = batch->batch.parts.has_value();
  for (size_t i = 0; i < partitions.size() && !batch->duplicate; ++i) {
    auto outgoing = std::make_unique<Outgoing>();
    outgoing->batch = batch.get();
    outgoing->whole = !divided;
    outgoing->part = divided ? (*batch->batch.parts)[i] : BatchPart{batch->batch.bytes, batch->batch.view};
    FileTable::Place place = parts_.files->PlaceOf(outgoing->part.view, partitions[i]);
    outgoing->partition = {parts_.names->ToKafka(outgoing->part.view.topic), place.partition};
    outgoing->delivered = std::move(place.delivered);
    outgoing->delivered.below = verdict.from_offset;
    const RecordCount count = CountRecords(outgoing->part.view, outgoing->delivered);
    outgoing->messages = count.records;
    batch->messages += count.records;
    batch->bytes += count.bytes;
    batch->parts.push_back(std::move(outgoing));
  }
  return batch;
}

void Writer::Produce(Item item, const FileTable::Verdict& verdict, const std::vector<int32_t>& partitions) {
  const std::shared_ptr<InFlight> batch = Prepare(std::move(item), verdict, partitions);
  std::vector<Outgoing*> parts;
  {
    MutexLock lock(&mutex_);
    if (messages_ == 0) last_acknowledged_nano_ = batch->produced_monotonic_nano;
    messages_ += batch->messages;
    bytes_ += batch->bytes;
    files_[batch->file].push_back(batch);
    for (const auto& part : batch->parts) {
      partitions_[part->partition].push_back({batch, part.get()});
      if (part->messages > 0) parts.push_back(part.get());
    }
    // Nothing to wait for but what is before it.
    if (parts.empty()) touched_.insert(batch->file);
    SetGauges();
  }
  if (parts.empty()) producer_->Wake();
  for (Outgoing* part : parts) producer_->Send(part);
}

void Writer::Reject(const Item& item, const absl::Status& why) {
  parts_.files->Rejected(item.batch.view, why);
  Answers answers;
  Settle(item.call, item.index, Rejection(why), &answers);
  Answer(answers);
}

void Writer::Stop() {
  {
    MutexLock lock(&mutex_);
    if (std::exchange(stopping_, true) && !thread_.joinable()) return;
    work_.SignalAll();
    // As long as something moves.
    while (busy_ || !queue_.empty() || !files_.empty()) {
      const size_t before = messages_ + queue_.size();
      const bool timed_out = changed_.WaitWithTimeout(&mutex_, kStopPatience);
      if (timed_out && messages_ + queue_.size() == before) break;
    }
    abandoned_ = busy_ || !queue_.empty() || !files_.empty();
    ended_ = true;
    work_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace sluice::collector::kafka
