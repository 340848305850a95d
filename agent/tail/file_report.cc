#include "agent/tail/file_report.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace sluice::agent {
namespace {

constexpr size_t kFilesMax = 1000;
constexpr size_t kBytesMax = 256 << 10;
constexpr size_t kPathBytesMax = 1024;

constexpr std::array<const char*, 7> kStateNames = {"unspecified", "live", "backlog",   "rotated_away",
                                                    "deleted",     "held", "unreadable"};

uint64_t SizeOf(const TailedFile& file) { return std::max(file.size, file.read.offset); }
uint64_t LagOf(const TailedFile& file) {
  if (file.spent) return 0;  // a copy of which nothing is left to read
  return SizeOf(file) - std::min(SizeOf(file), file.acked.offset);
}

v1::FileState StateOf(const TailedFile& file, int64_t now) {
  if (file.read_failed) return v1::FILE_STATE_UNREADABLE;
  if (file.refused || file.held_until > now) return v1::FILE_STATE_HELD;
  if (file.detached) return file.deleted ? v1::FILE_STATE_DELETED : v1::FILE_STATE_ROTATED_AWAY;
  return file.backlog && LagOf(file) > 0 ? v1::FILE_STATE_BACKLOG : v1::FILE_STATE_LIVE;
}

// What is told to people is theirs, not the agent's own.
bool IsTold(const TailedFile& file) { return !file.source->options().internal; }

// All that is left to read is the beginning of a line: what is missing is its writer's to add.
bool WaitsForNewline(const TailedFile& file) {
  return file.acked.offset == file.read.offset && file.read.offset < file.scanned && file.scanned == SizeOf(file);
}

void NoteLagOf(TailedFile* file, int64_t now) {
  if (LagOf(*file) == 0 || WaitsForNewline(*file)) {
    file->behind_since = 0;
    return;
  }
  if (file->behind_since == 0) {
    file->behind_since = file->probe_time = now;
    file->probe_offset = SizeOf(*file);
  } else if (file->acked.offset >= file->probe_offset) {
    // What is behind now came after the last probe.
    file->behind_since = file->probe_time;
    file->probe_time = now;
    file->probe_offset = SizeOf(*file);
  }
}

std::string Shown(const std::string& path) { return ReplaceInvalidUtf8(path.substr(0, kPathBytesMax)); }

void Describe(const TailedFile& file, int64_t now, v1::AgentFile* out) {
  const std::string& path = file.path.empty() ? file.first_path : file.path;
  out->set_path(Shown(path));
  out->set_topic(ReplaceInvalidUtf8(file.source->TopicOf(file.first_path)));
  out->set_size(SizeOf(file));
  out->set_acked_offset(file.acked.offset);
  out->set_state(StateOf(file, now));
  if (file.behind_since > 0) out->set_lag_millis(static_cast<uint64_t>(now - file.behind_since) / 1'000'000);
}

}  // namespace

Lag NoteLag(const FileTable& table, int64_t now) {
  Lag lag;
  table.ForEach([&](TailedFile* file) {
    if (!IsTold(*file)) return;
    NoteLagOf(file, now);
    lag.bytes += LagOf(*file);
    if (file->behind_since > 0) lag.nanos = std::max(lag.nanos, now - file->behind_since);
  });
  return lag;
}

v1::AgentFiles ReportFiles(const FileTable& table, const absl::flat_hash_set<std::string>& unreadable, int64_t now) {
  v1::AgentFiles report;
  std::array<uint64_t, kStateNames.size()> counts = {};
  std::vector<const TailedFile*> files;
  files.reserve(table.size());
  table.ForEach([&](const TailedFile* file) {
    if (!IsTold(*file)) return;
    ++counts[StateOf(*file, now)];
    files.push_back(file);
  });
  counts[v1::FILE_STATE_UNREADABLE] += unreadable.size();
  for (size_t state = 1; state < counts.size(); ++state) {
    if (counts[state] > 0) (*report.mutable_by_state())[kStateNames[state]] = counts[state];
  }
  auto more_behind = [](const TailedFile* a, const TailedFile* b) {
    const uint64_t lag_a = LagOf(*a), lag_b = LagOf(*b);
    return lag_a != lag_b ? lag_a > lag_b : a->last_active > b->last_active;
  };
  const size_t all = files.size() + unreadable.size();
  const size_t count = std::min(files.size(), kFilesMax);
  std::partial_sort(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(count), files.end(), more_behind);
  files.resize(count);

  size_t bytes = 0;
  auto add = [&]() -> v1::AgentFile* {
    return bytes < kBytesMax && report.files_size() < static_cast<int>(kFilesMax) ? report.add_files() : nullptr;
  };
  for (const std::string& path : unreadable) {
    v1::AgentFile* out = add();
    if (out == nullptr) break;
    out->set_path(Shown(path));
    out->set_state(v1::FILE_STATE_UNREADABLE);
    bytes += out->ByteSizeLong();
  }
  for (const TailedFile* file : files) {
    v1::AgentFile* out = add();
    if (out == nullptr) break;
    Describe(*file, now, out);
    bytes += out->ByteSizeLong();
  }
  report.set_omitted(all - static_cast<size_t>(report.files_size()));
  return report;
}

}  // namespace sluice::agent
