#include "collector/log/kafka/watermarks.h"

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/event_log.h"

namespace sluice::collector::kafka {
namespace {

constexpr std::string_view kFilePrefix = "f/";
constexpr std::string_view kProgressPrefix = "c/";
// A collector that has not recorded anything for so long has no message under way any more.
constexpr int64_t kDeadNanos = int64_t{60} * 1'000'000'000;
// One that has nothing new says that it lives this often.
constexpr int64_t kAliveNanos = int64_t{10} * 1'000'000'000;
// So much read for somebody else is noted down, so that the next one need not.
constexpr int64_t kAdvanceMessages = 1'000;
constexpr absl::Duration kGonePatience = absl::Seconds(5);
// How long a stop waits for brokers that answer nothing.
constexpr absl::Duration kStopPatience = absl::Seconds(5);
constexpr int64_t kForgetIntervalNanos = int64_t{3600} * 1'000'000'000;

std::string MakeId() {
  absl::BitGen random;
  return absl::StrFormat("%016x", absl::Uniform<uint64_t>(random));
}

}  // namespace

Watermarks::Watermarks(const KafkaOptions& options, Parts parts) : options_(options), parts_(parts), self_(MakeId()) {}

absl::StatusOr<std::unique_ptr<Watermarks>> Watermarks::Open(const KafkaOptions& options, Parts parts) {
  std::unique_ptr<Watermarks> watermarks(new Watermarks(options, parts));
  SLUICE_ASSIGN_OR_RETURN(watermarks->state_, StateLog::Open(options, parts.names->watermarks(), parts.cluster));
  {
    MutexLock lock(&watermarks->read_mutex_);
    SLUICE_ASSIGN_OR_RETURN(watermarks->consumer_, Consumer::Make(options));
  }
  SLUICE_RETURN_IF_ERROR(watermarks->Refresh());
  watermarks->thread_ = std::thread([self = watermarks.get()] { self->Run(); });
  return watermarks;
}

Watermarks::~Watermarks() { Stop(/*all_answered=*/false); }

void Watermarks::OnEntry(std::string_view key, std::optional<std::string_view> value) {
  if (key.starts_with(kFilePrefix)) {
    const std::optional<FileOfAgent> who = ParseFileName(key.substr(kFilePrefix.size()));
    if (!who.has_value()) return;
    v1::KafkaFileState state;
    if (!value.has_value()) return parts_.files->Forget(who->agent, who->file);
    if (!state.ParseFromArray(value->data(), static_cast<int>(value->size()))) return;
    return parts_.files->Learn(who->agent, who->file, state);
  }
  if (!key.starts_with(kProgressPrefix)) return;
  const std::string who(key.substr(kProgressPrefix.size()));
  if (who == self_) return;
  if (!value.has_value()) {
    others_.erase(who);
    return;
  }
  v1::KafkaProgress message;
  if (!message.ParseFromArray(value->data(), static_cast<int>(value->size()))) return;
  Other other{static_cast<int64_t>(message.time_unix_nano()), {}};
  for (const v1::KafkaTopicProgress& topic : message.topics()) {
    for (int32_t i = 0; i < topic.offsets_size(); ++i) {
      if (topic.offsets(i) >= 0) other.progress[{parts_.names->ToKafka(topic.topic()), i}] = topic.offsets(i);
    }
  }
  others_[who] = std::move(other);
}

absl::Status Watermarks::Refresh() {
  uint64_t mine;
  {
    MutexLock lock(&refresh_mutex_);
    // One that has begun already may have passed what the caller needs: only the next one counts.
    mine = refreshes_begun_ + 1;
    while (refreshes_begun_ >= mine ? refreshes_done_ < mine : refreshes_done_ != refreshes_begun_) {
      refreshed_.Wait(&refresh_mutex_);
    }
    if (refreshes_done_ >= mine) return last_refresh_;
    ++refreshes_begun_;
  }
  const absl::Status status = RefreshNow();
  MutexLock lock(&refresh_mutex_);
  ++refreshes_done_;
  last_refresh_ = status;
  refreshed_.SignalAll();
  return status;
}

absl::Status Watermarks::RefreshNow() {
  MutexLock lock(&read_mutex_);
  const StateLog::Visitor visitor = {
      .on_replaced = [this] { RecordAllAgain(); },
      .on_entry = [this](auto key, auto value) ABSL_NO_THREAD_SAFETY_ANALYSIS { OnEntry(key, value); }};
  SLUICE_RETURN_IF_ERROR(state_->ReadOn(options_.handshake_timeout, visitor));
  Progress from;
  for (const auto& [who, other] : others_) {
    for (const auto& [partition, offset] : other.progress) {
      const auto entry = from.emplace(partition, offset).first;
      entry->second = std::min(entry->second, offset);
    }
  }
  {
    MutexLock own(&mutex_);
    for (auto& [partition, offset] : from) {
      if (const auto entry = read_.find(partition); entry != read_.end()) offset = std::max(offset, entry->second);
    }
  }
  SLUICE_RETURN_IF_ERROR(ReadTails(from));
  ForgetTheDead();
  return absl::OkStatus();
}

void Watermarks::RecordAllAgain() {
  log::Error("kafka", "the watermarks' topic was deleted: what is known here is written to the new one");
  parts_.files->MarkAllChanged();
  MutexLock lock(&mutex_);
  own_changed_ = true;
}

// Of a topic that is gone nothing is to be found. One that is there and does not answer yet, since its broker has just
// started, must be waited for: what is in it would be delivered again.
absl::Status Watermarks::CheckGone(const std::vector<TopicPartition>& asked, const Progress& answered) const {
  std::map<std::string, int32_t> partitions;
  for (const TopicPartition& partition : asked) {
    if (answered.contains(partition)) continue;
    const auto [entry, is_new] = partitions.try_emplace(partition.topic, 0);
    if (is_new) {
      SLUICE_ASSIGN_OR_RETURN(entry->second, parts_.cluster->PartitionsOf(partition.topic, options_.handshake_timeout));
    }
    if (partition.partition < entry->second) {
      return Unavailable(partition.topic, "[", partition.partition, "] does not say yet where it ends");
    }
  }
  return absl::OkStatus();
}

absl::Status Watermarks::ReadTails(const Progress& from) {
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, offset] : from) partitions.push_back(partition);
  SLUICE_ASSIGN_OR_RETURN(const auto ends,
                          parts_.cluster->Offsets(partitions, Cluster::Which::kEnd, options_.handshake_timeout));
  SLUICE_RETURN_IF_ERROR(CheckGone(partitions, ends));
  std::vector<Stretch> stretches;
  for (const auto& [partition, end] : ends) {
    if (const int64_t begin = from.at(partition); begin < end) stretches.push_back({partition, begin, end});
  }
  SLUICE_RETURN_IF_ERROR(ReadStretches(consumer_.get(), stretches, options_.handshake_timeout,
                                       [this](const TopicPartition& partition, const rd_kafka_message_t& message) {
                                         const MessageView view = ReadMessage(message);
                                         const std::optional<FileOfAgent> who = ParseFileName(view.key);
                                         const std::optional<std::string_view> topic =
                                             parts_.names->FromKafka(partition.topic);
                                         if (!view.ours || !who.has_value() || !topic.has_value()) return;
                                         parts_.files->Found(*who, view, *topic, partition.partition);
                                       }));
  MutexLock lock(&mutex_);
  // Topics that were made anew begin below what was read of the old ones.
  for (const auto& [partition, end] : ends) read_[partition] = end;
  return absl::OkStatus();
}

// What was read for somebody who is gone is written down in its name; what is older than any message of his, forgotten.
void Watermarks::ForgetTheDead() {
  const int64_t now = parts_.clock->UnixNanos();
  Progress read;
  {
    MutexLock lock(&mutex_);
    read = read_;
  }
  std::vector<std::pair<std::string, Progress>> advanced;
  std::vector<StateLog::Entry> forgotten;
  for (auto& [who, other] : others_) {
    if (now - other.time_unix_nano > kDeadNanos) {
      forgotten.emplace_back(StrCat(kProgressPrefix, who), std::nullopt);
      continue;
    }
    Progress progress = other.progress;
    bool worth = false;
    for (auto& [partition, offset] : progress) {
      const auto entry = read.find(partition);
      if (entry == read.end()) continue;
      worth = worth || entry->second - offset > kAdvanceMessages;
      offset = std::max(offset, entry->second);
    }
    if (worth) advanced.emplace_back(who, std::move(progress));
  }
  if (advanced.empty() && forgotten.empty()) return;
  // The files first: from then on nobody reads these messages for them.
  absl::Status status = Record();
  for (const auto& [who, progress] : advanced) {
    if (status.ok()) status = WriteProgress(who, others_[who].time_unix_nano, progress);
    if (status.ok()) others_[who].progress = progress;
  }
  if (status.ok()) status = state_->Write(forgotten, options_.handshake_timeout);
  if (!status.ok()) log::Debug("kafka", "progress of others is not noted; once more later", {{"reason", status}});
}

absl::Status Watermarks::Declare(const std::string& topic, int32_t partitions) {
  std::vector<TopicPartition> wanted;
  for (int32_t i = 0; i < partitions; ++i) {
    const TopicPartition partition{topic, i};
    MutexLock lock(&mutex_);
    if (!own_.contains(partition)) wanted.push_back(partition);
  }
  if (wanted.empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const auto ends,
                          parts_.cluster->Offsets(wanted, Cluster::Which::kEnd, options_.start_timeout));
  if (ends.size() != wanted.size()) return Unavailable("topic '", topic, "': not all of its partitions answer yet");
  MutexLock recording(&record_mutex_);
  Progress progress;
  {
    MutexLock lock(&mutex_);
    progress = own_;
  }
  progress.insert(ends.begin(), ends.end());
  SLUICE_RETURN_IF_ERROR(WriteProgress(self_, parts_.clock->UnixNanos(), progress));
  MutexLock lock(&mutex_);
  own_.insert(ends.begin(), ends.end());
  return absl::OkStatus();
}

void Watermarks::Delivered(const TopicPartition& partition, int64_t first, int64_t end) {
  MutexLock lock(&mutex_);
  own_[partition] = end;
  if (const auto entry = read_.find(partition); entry != read_.end() && entry->second == first) entry->second = end;
  own_changed_ = true;
}

absl::Status Watermarks::FindOwn() {
  Progress own;
  {
    MutexLock lock(&mutex_);
    own = own_;
  }
  MutexLock lock(&read_mutex_);
  return ReadTails(own);
}

absl::Status Watermarks::Record() {
  MutexLock recording(&record_mutex_);
  Progress progress;
  {
    // Before the files: what is delivered by now is noted in them.
    MutexLock lock(&mutex_);
    progress = own_;
    own_changed_ = false;
  }
  const auto states = parts_.files->TakeChanged(parts_.clock->UnixNanos());
  std::vector<StateLog::Entry> entries;
  entries.reserve(states.size());
  for (const auto& [name, state] : states) entries.emplace_back(StrCat(kFilePrefix, name), state.SerializeAsString());
  absl::Status status = state_->Write(entries, options_.handshake_timeout);
  if (status.ok() && !progress.empty()) status = WriteProgress(self_, parts_.clock->UnixNanos(), progress);
  if (!status.ok()) {
    parts_.files->MarkChanged(states);
    MutexLock lock(&mutex_);
    own_changed_ = true;
  }
  return status;
}

absl::Status Watermarks::WriteProgress(const std::string& who, int64_t time_unix_nano, const Progress& progress) {
  v1::KafkaProgress message;
  message.set_time_unix_nano(static_cast<uint64_t>(time_unix_nano));
  v1::KafkaTopicProgress* topic = nullptr;
  for (const auto& [partition, offset] : progress) {
    const std::optional<std::string_view> name = parts_.names->FromKafka(partition.topic);
    if (!name.has_value()) continue;
    if (topic == nullptr || topic->topic() != *name) {
      topic = message.add_topics();
      topic->set_topic(std::string(*name));
    }
    while (topic->offsets_size() < partition.partition) topic->add_offsets(-1);
    topic->add_offsets(offset);
  }
  return state_->Write({{StrCat(kProgressPrefix, who), message.SerializeAsString()}}, options_.handshake_timeout);
}

void Watermarks::ForgetEphemeral() {
  // What others have recorded meanwhile counts.
  absl::Status status = Refresh();
  std::vector<StateLog::Entry> entries;
  if (status.ok()) {
    for (const std::string& name : parts_.files->ForgetEphemeral(parts_.clock->UnixNanos() - kEphemeralMemoryNanos)) {
      entries.emplace_back(StrCat(kFilePrefix, name), std::nullopt);
    }
  }
  if (status.ok() && !entries.empty()) status = state_->Write(entries, options_.handshake_timeout);
  if (!status.ok()) log::Debug("kafka", "ephemeral agents are not forgotten; once more later", {{"reason", status}});
}

void Watermarks::Run() {
  bool failed = false;
  int64_t last = parts_.clock->MonotonicNanos();
  int64_t last_forgotten = last;
  for (;;) {
    if (parts_.clock->MonotonicNanos() - last_forgotten > kForgetIntervalNanos) {
      last_forgotten = parts_.clock->MonotonicNanos();
      ForgetEphemeral();
    }
    {
      MutexLock lock(&mutex_);
      if (stopping_) return;
      wake_.WaitWithTimeout(&mutex_, options_.watermark_interval);
      const bool alive = parts_.clock->MonotonicNanos() - last < kAliveNanos;
      if (stopping_ || (!own_changed_ && alive)) continue;
    }
    last = parts_.clock->MonotonicNanos();
    const absl::Status status = Record();
    if (!status.ok() && !std::exchange(failed, true)) {
      log::Warn("kafka", "watermarks cannot be recorded; trying until it works", {{"reason", status}});
    } else if (status.ok() && std::exchange(failed, false)) {
      log::Info("kafka", "recording watermarks again");
    }
    // Makes it again.
    if (!status.ok() && state_->IsGone(kGonePatience)) (void)Refresh();
  }
}

bool Watermarks::OthersMayDeliver() {
  const int64_t now = parts_.clock->UnixNanos();
  MutexLock lock(&read_mutex_);
  return std::any_of(others_.begin(), others_.end(),
                     [now](const auto& other) { return now - other.second.time_unix_nano <= kDeadNanos; });
}

void Watermarks::Stop(bool all_answered) {
  {
    MutexLock lock(&mutex_);
    if (std::exchange(stopping_, true)) return;
    wake_.Signal();
  }
  if (!thread_.joinable()) return;
  state_->EndWithin(kStopPatience);
  thread_.join();
  absl::Status status = Record();
  if (status.ok() && all_answered) {
    status = state_->Write({{StrCat(kProgressPrefix, self_), std::nullopt}}, options_.handshake_timeout);
  }
  if (!status.ok())
    log::Warn("kafka", "watermarks are not recorded; they will be read from the messages", {{"reason", status}});
}

}  // namespace sluice::collector::kafka
