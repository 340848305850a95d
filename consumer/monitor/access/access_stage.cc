#include "consumer/monitor/access/access_stage.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "base/wire.h"
#include "consumer/monitor/access/section.h"
#include "consumer/monitor/sketch/encoding.h"

namespace sluice::monitor {
namespace {

constexpr uint64_t kSecondNanos = 1'000'000'000;

// Keys of the state: "interval/<seconds>/<first second>" and this one, which says what was told.
constexpr std::string_view kIntervalPrefix = "interval/";
constexpr std::string_view kToldKey = "told";
enum ToldField : uint32_t { kUntil = 1, kLate = 2, kAhead = 3 };

absl::StatusOr<std::vector<Glob>> CompileAll(const std::vector<std::string>& patterns, Glob::Kind kind) {
  std::vector<Glob> globs;
  for (const std::string& pattern : patterns) {
    SLUICE_ASSIGN_OR_RETURN(Glob glob, Glob::Compile(pattern, kind));
    globs.push_back(std::move(glob));
  }
  return globs;
}

// The number behind `prefix`, if that is all of the key.
bool ParseKey(std::string_view key, std::string_view prefix, int64_t* number) {
  if (!key.starts_with(prefix)) return false;
  key.remove_prefix(prefix.size());
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), *number);
  return error == std::errc() && end == key.data() + key.size();
}

}  // namespace

absl::StatusOr<std::unique_ptr<AccessStage>> AccessStage::Create(AccessOptions options,
                                                                 prometheus::Registry* registry) {
  std::unique_ptr<AccessStage> stage(new AccessStage(registry));
  SLUICE_RETURN_IF_ERROR(stage->TakeUp(std::move(options)));
  return stage;
}

absl::Status AccessStage::TakeUp(AccessOptions options) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<Glob> topics, CompileAll(options.topics, Glob::Kind::kTopic));
  SLUICE_ASSIGN_OR_RETURN(std::vector<Glob> paths, CompileAll(options.paths, Glob::Kind::kPath));
  topics_ = std::move(topics);
  paths_ = std::move(paths);
  options_ = std::move(options);
  seconds_ = absl::ToInt64Seconds(options_.interval);
  key_prefix_ = StrCat(kIntervalPrefix, seconds_, "/");
  reader_ = std::make_unique<AccessReader>(options_.latency);
  return absl::OkStatus();
}

absl::Status AccessStage::Configure(AccessOptions options, Findings* findings) {
  if (options.interval != options_.interval) {
    while (!open_.empty()) {
      const int64_t length = std::clamp(second_ - open_.begin()->first, int64_t{1}, seconds_);
      TellOldest(length, findings);
    }
    last_ = nullptr;
    // What comes from here on is of new intervals, of which the first one may have lacked its beginning.
    const int64_t seconds = absl::ToInt64Seconds(options.interval);
    told_until_ = second_ == INT64_MIN ? INT64_MIN : second_ - second_ % seconds;
    told_changed_ = true;
  }
  return TakeUp(std::move(options));
}

bool AccessStage::Wants(const client::Batch& batch) {
  return options_.enabled && (MatchesAny(topics_, batch.topic()) || MatchesAny(paths_, batch.path()));
}

AccessStage::Open* AccessStage::Find(uint64_t unix_nanos, Findings* findings) {
  if (last_ != nullptr && unix_nanos - last_begin_nanos_ < static_cast<uint64_t>(seconds_) * kSecondNanos) return last_;
  const auto second = static_cast<int64_t>(unix_nanos / kSecondNanos);
  const int64_t begin = second - second % seconds_;
  if (begin < told_until_) return nullptr;
  auto at = open_.find(begin);
  if (at == open_.end()) {
    if (open_.size() >= kOpenMax) {
      // What is older than all that are open is late as well: memory is bounded.
      if (begin < open_.begin()->first) return nullptr;
      TellOldest(seconds_, findings);
    }
    at = open_.emplace(begin, std::make_unique<Open>()).first;
  }
  last_begin_nanos_ = static_cast<uint64_t>(begin) * kSecondNanos;
  last_ = at->second.get();
  return last_;
}

void AccessStage::Observe(const Input& input, Findings* findings) {
  if (input.records.empty() || !Wants(input.batch)) return;
  const auto newest = static_cast<uint64_t>(std::max<int64_t>(0, absl::ToUnixNanos(input.newest)));
  uint64_t late = 0;
  uint64_t ahead = 0;
  AccessHit hit;
  for (const client::RecordView& record : input.records) {
    const AccessResult result = reader_->Read(record, &hit);
    if (result == AccessResult::kIgnored) continue;
    if (record.time_unix_nano() > newest) {
      ++ahead;
      continue;
    }
    Open* const open = Find(record.time_unix_nano(), findings);
    if (open == nullptr) {
      ++late;
      continue;
    }
    open->changed = true;
    if (result == AccessResult::kMalformed) {
      open->interval.AddMalformed();
    } else {
      open->interval.Add(hit, SectionOf(hit.target, &scratch_));
    }
  }
  if (late + ahead == 0) return;
  metrics_.AddLeftOut(late, ahead);
  late_ += late;
  ahead_ += ahead;
  told_changed_ = true;
}

void AccessStage::TellOldest(int64_t length, Findings* findings) {
  const auto oldest = open_.begin();
  const int64_t begin = oldest->first;
  AccessInterval& interval = oldest->second->interval;
  interval.AddLeftOut(std::exchange(late_, 0), std::exchange(ahead_, 0));
  // The length is part of the identity: another one makes other intervals.
  findings->Publish(kMetricsTopic, StrCat("access/", begin, "/", seconds_),
                    interval.ToRecord(begin, length, options_.sections));
  metrics_.Take(interval, length);
  told_until_ = begin + seconds_;
  told_changed_ = true;
  to_delete_.push_back(StrCat(key_prefix_, begin));
  if (last_ == oldest->second.get()) last_ = nullptr;
  open_.erase(oldest);
}

void AccessStage::Advance(absl::Time watermark, Findings* findings) {
  const int64_t second = absl::ToUnixSeconds(watermark);
  if (watermark != absl::InfinitePast() && watermark != absl::InfiniteFuture()) second_ = std::max(second_, second);
  while (!open_.empty() && open_.begin()->first + seconds_ <= second) TellOldest(seconds_, findings);
  // Also an interval that had no line is over.
  const int64_t until = second - second % seconds_;
  if (until <= told_until_ || watermark == absl::InfinitePast() || watermark == absl::InfiniteFuture()) return;
  told_until_ = until;
  told_changed_ = true;
}

void AccessStage::Save(StateSink* sink) {
  for (const std::string& key : to_delete_) sink->Delete(key);
  to_delete_.clear();
  for (auto& [begin, open] : open_) {
    if (open->changed) sink->Put(StrCat(key_prefix_, begin), open->interval.Encode());
    open->changed = false;
  }
  if (!told_changed_) return;
  told_changed_ = false;
  std::string told;
  sketch::AppendField(kUntil, static_cast<uint64_t>(told_until_), &told);
  sketch::AppendField(kLate, late_, &told);
  sketch::AppendField(kAhead, ahead_, &told);
  sink->Put(kToldKey, told);
}

absl::Status AccessStage::Load(const StateSource& source) {
  SLUICE_RETURN_IF_ERROR(source.ForEach(kToldKey, [this](std::string_view, std::string_view value) {
    wire::Reader reader(value);
    wire::Field field;
    while (reader.Next(&field)) {
      if (field.number == kUntil) told_until_ = static_cast<int64_t>(field.value);
      if (field.number == kLate) late_ = field.value;
      if (field.number == kAhead) ahead_ = field.value;
    }
    return reader.ok() ? absl::OkStatus() : DataLoss("access statistics: the state \"", kToldKey, "\" is malformed");
  }));
  return source.ForEach(kIntervalPrefix, [this](std::string_view key, std::string_view value) {
    int64_t begin = 0;
    // Of another length of intervals: it cannot go on, and what was counted of it is given up.
    if (!ParseKey(key, key_prefix_, &begin)) {
      to_delete_.emplace_back(key);
      return absl::OkStatus();
    }
    SLUICE_ASSIGN_OR_RETURN(AccessInterval interval, AccessInterval::Decode(value));
    open_.emplace(begin, std::make_unique<Open>(Open{.interval = std::move(interval), .changed = false}));
    return absl::OkStatus();
  });
}

}  // namespace sluice::monitor
