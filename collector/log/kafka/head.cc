#include "collector/log/kafka/head.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sluice::collector::kafka {
namespace {

// A partition is read on for so long after the last who waited for it has gone: clients reconnect.
constexpr int64_t kIdleNanos = int64_t{10} * 1'000'000'000;
constexpr absl::Duration kPoll = absl::Milliseconds(500);
// How many a reader takes at a time, so that it holds the lock shortly.
constexpr size_t kBatchesPerView = 64;

}  // namespace

absl::StatusOr<std::unique_ptr<Head>> Head::Make(const KafkaOptions& options, const TopicNames* names,
                                                 Listeners* listeners, Metrics* metrics, const Clock* clock) {
  std::unique_ptr<Head> head(new Head(options, names, listeners, metrics, clock));
  SLUICE_ASSIGN_OR_RETURN(head->consumer_, Consumer::Make(options));
  head->thread_ = std::thread([self = head.get()] { self->Run(); });
  return head;
}

Head::Head(const KafkaOptions& options, const TopicNames* names, Listeners* listeners, Metrics* metrics,
           const Clock* clock)
    : options_(options), names_(names), listeners_(listeners), metrics_(metrics), clock_(clock) {}

Head::~Head() { Stop(); }

void Head::Watch(const TopicPartition& partition, int64_t offset) {
  {
    MutexLock lock(&mutex_);
    Part& part = parts_[partition];
    ++part.watchers;
    if (!part.started && (part.watchers == 1 || part.lost)) {
      Drop(partition, &part);
      part.begin = part.end = offset;
      part.lost = false;
    }
    changed_.SignalAll();
  }
  consumer_->Wake();
}

void Head::Unwatch(const TopicPartition& partition) {
  MutexLock lock(&mutex_);
  Part& part = parts_[partition];
  if (--part.watchers == 0) part.idle_since_nano = clock_->MonotonicNanos();
}

void Head::AddWaiter() {
  MutexLock lock(&mutex_);
  ++waiters_;
}

void Head::RemoveWaiter() {
  MutexLock lock(&mutex_);
  --waiters_;
}

void Head::Announce(const std::vector<TopicPartition>& partitions) {
  {
    MutexLock lock(&mutex_);
    if (waiters_ == 0) return;
    for (const TopicPartition& partition : partitions) {
      Part& part = parts_[partition];
      if (part.watchers == 0) part.idle_since_nano = clock_->MonotonicNanos();
    }
    changed_.SignalAll();
  }
  consumer_->Wake();
}

Head::View Head::From(const TopicPartition& partition, int64_t offset) const {
  View view;
  MutexLock lock(&mutex_);
  const auto entry = parts_.find(partition);
  if (entry == parts_.end() || entry->second.lost) return view;
  const Part& part = entry->second;
  if (offset < part.begin || offset > part.end) return view;
  view.covered = true;
  view.end = part.end;
  auto at = std::partition_point(part.batches.begin(), part.batches.end(),
                                 [offset](const auto& batch) { return batch->end <= offset; });
  for (; at != part.batches.end() && view.batches.size() < kBatchesPerView; ++at) view.batches.push_back(*at);
  if (at != part.batches.end()) view.end = view.batches.back()->end;
  return view;
}

bool Head::WaitFor(const TopicPartition& partition, int64_t end, absl::Duration timeout) const {
  const int64_t deadline = clock_->MonotonicNanos() + absl::ToInt64Nanoseconds(timeout);
  MutexLock lock(&mutex_);
  for (;;) {
    const auto entry = parts_.find(partition);
    if (entry == parts_.end() || entry->second.lost || entry->second.end >= end) return true;
    const int64_t left = deadline - clock_->MonotonicNanos();
    if (left <= 0 || stopping_) return false;
    changed_.WaitWithTimeout(&mutex_, absl::Nanoseconds(left));
  }
}

void Head::Run() {
  for (;;) {
    const bool any = Arrange();
    {
      MutexLock lock(&mutex_);
      if (stopping_) return;
      if (!any) {
        changed_.WaitWithTimeout(&mutex_, kPoll);
        continue;
      }
    }
    Take(consumer_->Poll(kPoll));
  }
}

bool Head::Arrange() {
  std::vector<std::pair<TopicPartition, int64_t>> start;
  std::vector<TopicPartition> stop;
  bool any = false;
  {
    MutexLock lock(&mutex_);
    const int64_t now = clock_->MonotonicNanos();
    for (auto entry = parts_.begin(); entry != parts_.end();) {
      auto& [partition, part] = *entry;
      const bool wanted = !part.lost && (part.watchers > 0 || now - part.idle_since_nano < kIdleNanos);
      if (wanted && !part.started) {
        start.emplace_back(partition, part.end);
        part.assembler = std::make_unique<Assembler>(std::string(names_->FromKafka(partition.topic).value_or("")),
                                                     partition.partition);
        part.started = true;
      } else if (!wanted && part.started) {
        stop.push_back(partition);
        part.started = false;
      }
      any = any || part.started;
      if (!part.started && part.watchers == 0) {
        Drop(partition, &part);
        entry = parts_.erase(entry);
      } else {
        ++entry;
      }
    }
    metrics_->consumed_partitions.Set(static_cast<double>(parts_.size()));
  }
  for (const TopicPartition& partition : stop) consumer_->Stop(partition);
  for (const auto& [partition, offset] : start) {
    if (!consumer_->Start(partition, offset).ok()) {
      MutexLock lock(&mutex_);
      OnError(partition, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
    }
  }
  return any;
}

void Head::Take(std::vector<Message> messages) {
  std::vector<StoredBatch> told;
  {
    MutexLock lock(&mutex_);
    std::vector<TopicPartition> touched;
    const rd_kafka_topic_t* topic = nullptr;
    int32_t number = -1;
    TopicPartition partition;
    Part* part = nullptr;
    for (Message& taken : messages) {
      // Each is let go as soon as it is read: what librdkafka allocates for one's headers is there for the next one's.
      const Message message = std::move(taken);
      if (message->rkt == nullptr) continue;
      if (message->rkt != topic || message->partition != number) {
        topic = message->rkt;
        number = message->partition;
        partition = Consumer::Of(*message);
        const auto entry = parts_.find(partition);
        part = entry == parts_.end() || !entry->second.started ? nullptr : &entry->second;
        if (part != nullptr) touched.push_back(partition);
      }
      if (part == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        part->assembler->Add(*message);
      } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        Push(partition, part, part->assembler->Take(), &told);
        part->end = std::max(part->end, message->offset);
      } else {
        OnError(partition, message->err);
      }
    }
    for (const TopicPartition& each : touched) {
      Part& changed = parts_[each];
      if (changed.assembler != nullptr) Push(each, &changed, changed.assembler->Take(), &told);
    }
    Evict();
    changed_.SignalAll();
  }
  if (!told.empty()) listeners_->Notify(told);
}

void Head::Push(const TopicPartition& partition, Part* part, std::vector<PlacedBatch> batches,
                std::vector<StoredBatch>* told) {
  for (PlacedBatch& placed : batches) {
    told->push_back(placed.batch);
    bytes_ += placed.batch.bytes.size();
    part->end = placed.end;
    part->batches.push_back(std::make_shared<const PlacedBatch>(std::move(placed)));
    order_.push_back(partition);
  }
}

void Head::Drop(const TopicPartition& partition, Part* part) {
  if (part->batches.empty()) return;
  for (const auto& batch : part->batches) bytes_ -= batch->batch.bytes.size();
  part->batches.clear();
  std::erase(order_, partition);
}

void Head::Evict() {
  while (bytes_ > options_.tail_bytes && !order_.empty()) {
    Part& part = parts_[order_.front()];
    order_.pop_front();
    bytes_ -= part.batches.front()->batch.bytes.size();
    part.begin = part.batches.front()->end;
    part.batches.pop_front();
  }
}

void Head::OnError(const TopicPartition& partition, rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      // Who waits for it looks at the partition itself and finds out what has become of it.
      parts_[partition].lost = true;
      break;
    default:
      metrics_->CountError(NameOf(error));
  }
}

void Head::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  if (consumer_ != nullptr) consumer_->Wake();
  if (thread_.joinable()) thread_.join();
}

}  // namespace sluice::collector::kafka
