#include "agent/events/event_log.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

std::string_view NameOf(FileEvent::Kind kind) {
  switch (kind) {
    case FileEvent::Kind::kAppeared:
      return "appeared";
    case FileEvent::Kind::kRenamed:
      return "renamed";
    case FileEvent::Kind::kTruncated:
      return "truncated";
    case FileEvent::Kind::kDeleted:
      return "deleted";
    case FileEvent::Kind::kFinished:
      return "finished";
    case FileEvent::Kind::kGap:
      return "gap";
    case FileEvent::Kind::kCollectorBehind:
      return "collector_behind";
  }
  return "unknown";
}

void AppendText(std::string_view key, std::string_view value, std::string* line) {
  if (value.empty()) return;
  StrAppend(line, ",\"", key, "\":");
  AppendJsonString(value, line);
}

void AppendNumber(std::string_view key, uint64_t value, std::string* line) {
  StrAppend(line, ",\"", key, "\":", value);
}

}  // namespace

EventLog::EventLog(Options options, FileSystem* file_system, const Clock* clock, AgentMetrics* metrics)
    : options_(std::move(options)),
      file_system_(file_system),
      clock_(clock),
      metrics_(metrics),
      path_(JoinPath(options_.directory, "events.log")) {
  buckets_.fill({options_.burst, clock->MonotonicNanos()});
}

EventLog::Level EventLog::LevelOf(FileEvent::Kind kind) {
  bool is_loss = kind == FileEvent::Kind::kGap || kind == FileEvent::Kind::kCollectorBehind;
  return is_loss ? kWarn : kInfo;
}

void EventLog::OnFileEvent(const FileEvent& event) {
  Work();
  Level level = LevelOf(event.kind);
  std::string_view name = NameOf(event.kind);
  if (!TakeToken(level)) {
    Sum& sum = suppressed_[{std::string(name), event.reason}];
    sum.level = level;
    ++sum.count;
    sum.bytes += event.bytes;
    return;
  }
  std::string line = Begin(level, name);
  AppendText("reason", event.reason, &line);
  AppendNumber("bytes", event.bytes, &line);
  AppendText("path", event.path, &line);
  AppendText("old_path", event.old_path, &line);
  AppendText("source", event.source, &line);
  if (event.kind == FileEvent::Kind::kCollectorBehind) {
    AppendNumber("files", event.files, &line);
  } else {
    AppendNumber("device", event.file.device(), &line);
    AppendNumber("inode", event.file.inode(), &line);
    AppendNumber("generation", event.file.generation(), &line);
  }
  line += "}\n";
  Write(std::move(line));
}

int64_t EventLog::Work() {
  while (!suppressed_.empty()) {
    auto it = suppressed_.begin();
    if (!TakeToken(it->second.level)) {
      constexpr int64_t kSecond = 1'000'000'000;
      return clock_->MonotonicNanos() + kSecond;
    }
    auto sum = suppressed_.extract(it);
    std::string line = Begin(sum.mapped().level, "suppressed");
    AppendText("of", sum.key().first, &line);
    AppendText("reason", sum.key().second, &line);
    AppendNumber("count", sum.mapped().count, &line);
    AppendNumber("bytes", sum.mapped().bytes, &line);
    line += "}\n";
    Write(std::move(line));
  }
  return std::numeric_limits<int64_t>::max();
}

bool EventLog::TakeToken(Level level) {
  Bucket& bucket = buckets_[level];
  int64_t now = clock_->MonotonicNanos();
  double seconds = static_cast<double>(now - bucket.filled_at) / 1e9;
  bucket.tokens = std::min(options_.burst, bucket.tokens + seconds * options_.per_second);
  bucket.filled_at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

std::string EventLog::Begin(Level level, std::string_view event) const {
  absl::Time now = absl::FromUnixNanos(clock_->UnixNanos());
  return StrCat("{\"time\":\"", absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%E9SZ", now, absl::UTCTimeZone()),
                "\",\"level\":\"", level == kWarn ? "warn" : "info", "\",\"event\":\"", event, "\"");
}

void EventLog::Write(std::string line) {
  absl::Status status = Append(line);
  if (status.ok()) {
    if (failing_) log::Info("events", "lifecycle records can be written again", {{"path", path_}});
  } else {
    metrics_->events_dropped.Increment();
    file_ = nullptr;  // it is opened anew: what became of it is not known
    if (!failing_) log::Error("events", "cannot write lifecycle records; they are dropped", {{"reason", status}});
  }
  failing_ = !status.ok();
}

absl::Status EventLog::Append(std::string_view line) {
  if (file_ != nullptr && size_ + line.size() > options_.file_bytes_max) {
    file_ = nullptr;
    SLUICE_RETURN_IF_ERROR(file_system_->Rename(path_, StrCat(path_, ".1")));
  }
  if (file_ == nullptr) {
    SLUICE_RETURN_IF_ERROR(file_system_->CreateDirectories(options_.directory));
    SLUICE_ASSIGN_OR_RETURN(file_, file_system_->OpenForAppend(path_));
    SLUICE_ASSIGN_OR_RETURN(FileStat stat, file_->Stat());
    size_ = stat.size;
    char last = '\n';
    if (size_ > 0) {
      SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> written, file_system_->OpenForRead(path_));
      SLUICE_RETURN_IF_ERROR(written->ReadAt(size_ - 1, &last, 1).status());
    }
    torn_ = last != '\n';
    if (size_ + line.size() > options_.file_bytes_max && size_ > 0) return Append(line);
  }
  std::string bytes = StrCat(torn_ ? "\n" : "", line);
  SLUICE_RETURN_IF_ERROR(file_->Append(bytes));
  torn_ = false;
  size_ += bytes.size();
  return absl::OkStatus();
}

}  // namespace sluice::agent
