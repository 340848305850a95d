#include "collector/log/kafka/refresher.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

// How often it is seen whether a topic was made here, and how the writer fares.
constexpr absl::Duration kTick = absl::Milliseconds(200);
constexpr absl::Duration kAskPatience = absl::Seconds(5);

}  // namespace

absl::Status Refresher::Start() {
  SLUICE_RETURN_IF_ERROR(RefreshTopics());
  RefreshOffsets();
  announced_version_ = parts_.catalog->version();
  announced_ = parts_.catalog->KnownEnds();
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

absl::Status Refresher::RefreshTopics() {
  absl::StatusOr<std::map<std::string, int32_t>> topics = parts_.cluster->Topics(kAskPatience);
  if (topics.ok()) {
    parts_.catalog->Replace(*topics);
    parts_.errors->Clear();
  }
  MutexLock lock(&mutex_);
  reachable_ = topics.status();
  return reachable_;
}

void Refresher::RefreshOffsets() {
  const std::map<TopicPartition, int64_t> before = parts_.catalog->KnownEnds();
  const std::vector<TopicPartition> partitions = parts_.catalog->Partitions();
  const auto first = parts_.cluster->Offsets(partitions, Cluster::Which::kFirst, kAskPatience);
  const auto end = parts_.cluster->Offsets(partitions, Cluster::Which::kEnd, kAskPatience);
  if (first.ok() && end.ok()) parts_.catalog->NoteOffsets(*first, *end, before);
}

void Refresher::RefreshSince(int64_t monotonic_nano) {
  int64_t begin = 0;
  {
    MutexLock lock(&mutex_);
    // Many may ask at a time: one asks the brokers for all of them.
    while (refreshing_) refreshed_.Wait(&mutex_);
    if (refreshed_at_nano_ >= monotonic_nano) return;
    refreshing_ = true;
    begin = parts_.clock->MonotonicNanos();
  }
  if (RefreshTopics().ok()) RefreshOffsets();
  MutexLock lock(&mutex_);
  refreshing_ = false;
  refreshed_at_nano_ = begin;
  refreshed_.SignalAll();
}

void Refresher::RefreshOffsets(absl::Duration age) {
  const int64_t now = parts_.clock->MonotonicNanos();
  {
    MutexLock lock(&mutex_);
    if (offsets_at_nano_.has_value() && now - *offsets_at_nano_ < absl::ToInt64Nanoseconds(age)) return;
    offsets_at_nano_ = now;
  }
  RefreshOffsets();
}

// Partitions that were not there: whoever waits for topics in general wants to hear of them.
void Refresher::Announce() {
  const uint64_t version = parts_.catalog->version();
  if (version == announced_version_) return;
  announced_version_ = version;
  std::map<TopicPartition, int64_t> now = parts_.catalog->KnownEnds();
  std::vector<TopicPartition> fresh;
  for (const auto& [partition, end] : now) {
    if (!announced_.contains(partition)) fresh.push_back(partition);
  }
  announced_ = std::move(now);
  if (!fresh.empty()) parts_.head->Announce(fresh);
}

absl::Status Refresher::Health() {
  absl::Status health = parts_.writer->Health();
  if (health.ok()) {
    MutexLock lock(&mutex_);
    health = reachable_;
  }
  if (health.ok()) return health;
  const std::string why = parts_.errors->last();
  return why.empty() ? health : Annotate(health, why);
}

void Refresher::Tell() {
  const absl::Status health = Health();
  if (!health.ok() && !std::exchange(told_, true)) {
    log::Error("kafka", "cannot deliver; agents wait until it works", {{"reason", health}});
  } else if (health.ok() && std::exchange(told_, false)) {
    log::Info("kafka", "delivering again");
  }
}

void Refresher::Run() {
  int64_t last = parts_.clock->MonotonicNanos();
  for (;;) {
    {
      MutexLock lock(&mutex_);
      if (stopping_) return;
      wake_.WaitWithTimeout(&mutex_, kTick);
      if (stopping_) return;
    }
    Announce();
    Tell();
    const int64_t now = SystemClock()->MonotonicNanos();
    if (now - last < absl::ToInt64Nanoseconds(options_.refresh_interval)) continue;
    last = now;
    RefreshSince(now);
  }
}

void Refresher::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace sluice::collector::kafka
