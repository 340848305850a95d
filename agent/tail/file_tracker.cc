#include "agent/tail/file_tracker.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "agent/encode/shared_fields.h"
#include "base/log.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

const std::string& PathOf(const TailedFile& file) { return file.path.empty() ? file.first_path : file.path; }

}  // namespace

FileTracker::FileTracker(Options options, FileSystem* file_system, const Clock* clock, AgentMetrics* metrics)
    : options_(std::move(options)), file_system_(file_system), clock_(clock), metrics_(metrics) {}

void FileTracker::StartReading() {
  if (reading_) return;
  FindRotatedAway();
  reading_ = true;
  std::vector<TailedFile*> files = table_.Where([](const TailedFile&) { return true; });
  // Older files first: what was rotated away before what came after it.
  std::sort(files.begin(), files.end(), [](const auto* a, const auto* b) {
    // Times have the kernel's tick for a grain: the names tell what they cannot.
    uint64_t a_age = ParseRotationName(BaseNameOf(PathOf(*a))).age;
    uint64_t b_age = ParseRotationName(BaseNameOf(PathOf(*b))).age;
    return std::tie(a->modified_unix_nano, b_age, PathOf(*a)) < std::tie(b->modified_unix_nano, a_age, PathOf(*b));
  });
  for (TailedFile* file : files) Resolve(file);
  OrderGenerations(files);
}

// Files that were renamed to a name that no source includes while the agent was away, before they were read to the end:
// found by their inodes in the directories where they were.
void FileTracker::FindRotatedAway() {
  absl::flat_hash_map<std::string, std::shared_ptr<const Source>> directories;
  for (const v1::FileWatermark* known : memory_.All()) {
    std::shared_ptr<const Source> source = options_.source_of(known->path());
    if (source != nullptr) directories.try_emplace(std::string(DirectoryOf(known->path())), source);
  }
  for (const auto& [directory, source] : directories) {
    absl::StatusOr<std::vector<DirectoryEntry>> entries = file_system_->List(directory);
    if (!entries.ok()) continue;  // gone, or the scan has said so
    for (const DirectoryEntry& entry : *entries) {
      std::string path = JoinPath(directory, entry.name);
      if (entry.type != FileType::kRegular || table_.FindByPath(path) != nullptr) continue;
      absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/false);
      const v1::FileWatermark* known = stat.ok() ? memory_.Newest(*stat) : nullptr;
      if (known != nullptr && stat->size > known->end_offset()) Follow(source, path, nullptr);
    }
  }
}

// Lets each generation of a rotated file wait for the one before it. `files` are in the order of their age.
void FileTracker::OrderGenerations(const std::vector<TailedFile*>& files) {
  absl::flat_hash_map<std::string, TailedFile*> previous;
  for (TailedFile* file : files) {
    const std::string& path = PathOf(*file);
    TailedFile*& before = previous[JoinPath(DirectoryOf(path), ParseRotationName(BaseNameOf(path)).stem)];
    file->predecessor = before;  // whatever was thought before: one order has no circles
    before = file;
  }
}

void FileTracker::OnAppeared(const std::shared_ptr<const Source>& source, const std::string& path) {
  absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/true);
  if (!stat.ok()) {
    if (!absl::IsNotFound(stat.status())) Unreadable(path, stat.status());
    return;
  }
  if (stat->type != FileType::kRegular) return;
  TailedFile* known = table_.FindByInode(stat->device, stat->inode);
  // While it is open its inode is not given away; a closed one shows by its birth time if it was.
  bool is_known =
      known != nullptr && (known->file != nullptr || known->identity.birth_time_unix_nano() == stat->birth_unix_nano);
  if (is_known) {
    MetAgain(known, *stat, path);
    return;
  }
  if (known != nullptr) LetGo(known);
  Follow(source, path, table_.FindByPath(path));
}

// A file that is followed already was found under `path`.
void FileTracker::MetAgain(TailedFile* file, const FileStat& stat, const std::string& path) {
  file->seen_in_scan = scan_;
  if (file->path != path) {
    if (!file->path.empty()) {
      absl::StatusOr<FileStat> old = file_system_->Stat(file->path, /*follow=*/true);
      bool is_link = old.ok() && old->device == stat.device && old->inode == stat.inode;
      if (is_link) return;  // a second name of the same file: it is read once
    }
    if (TailedFile* displaced = table_.FindByPath(path); displaced != nullptr) Detach(displaced);
    table_.MoveTo(file, path);
    std::erase(detached_, file);
    file->detached = false;
    file->finishing = false;
    MarkReady(file);
  }
  if (!file->resolved && reading_) Resolve(file);
  if (stat.size != file->size) MarkReady(file);
}

void FileTracker::Follow(const std::shared_ptr<const Source>& source, const std::string& path, TailedFile* displaced) {
  absl::StatusOr<std::unique_ptr<ReadableFile>> opened = file_system_->OpenForRead(path);
  absl::StatusOr<FileStat> stat = opened.ok() ? (*opened)->Stat() : opened.status();
  if (!stat.ok()) {
    bool is_gone = absl::IsNotFound(stat.status()) || absl::IsFailedPrecondition(stat.status());
    if (!is_gone) Unreadable(path, stat.status());
    return;
  }
  if (unreadable_.erase(path) > 0) log::Info("tail", "readable again", {{"path", path}});
  if (table_.FindByInode(stat->device, stat->inode) != nullptr) return;  // renamed meanwhile; its event will come
  if (displaced != nullptr) Detach(displaced);

  auto file = std::make_unique<TailedFile>();
  file->source = source;
  file->path = path;
  file->first_path = path;
  file->parser = source->parsers().NewParser();
  file->file = *std::move(opened);
  file->device = stat->device;
  file->inode = stat->inode;
  file->modified_unix_nano = stat->modified_unix_nano;
  file->identity.set_birth_time_unix_nano(stat->birth_unix_nano);
  file->size = file->size_when_met = stat->size;
  file->present_at_start = !first_scan_done_;
  file->seen_in_scan = scan_;
  file->last_active = clock_->MonotonicNanos();
  file->predecessor = displaced;
  ++open_files_;
  TailedFile* added = table_.Add(std::move(file));
  if (open_files_ > options_.open_files_max) CloseIdleFiles(added);
  if (reading_) Resolve(added);
}

// Compares a file with what is known, and decides where reading begins.
void FileTracker::Resolve(TailedFile* file) {
  if (absl::Status status = EnsureOpen(file); !status.ok()) return ReadFailed(file, status);
  absl::StatusOr<FileStat> stat = file->file->Stat();
  if (!stat.ok()) return ReadFailed(file, stat.status());
  absl::StatusOr<Resumption> resumption = Resume(memory_, *stat, file->file.get());
  if (!resumption.ok()) return ReadFailed(file, resumption.status());
  file->identity = resumption->identity;
  if (resumption->path.has_value()) {
    file->first_path = *resumption->path;
  }
  if (resumption->known) {
    file->acked = {resumption->offset, resumption->frontier};
    file->read = file->acked;
    file->scanned = file->read.offset;
    file->in_long_line = IsInsideLine(file->file.get(), file->read.offset);
  } else {
    StartNew(file, *stat);
    if (resumption->replaced) {
      metrics_->files_replaced.Increment();
      log::Warn("tail", "file was truncated, rewritten or its inode reused while the agent was away; reading it from 0",
                {{"path", file->path}, {"generation", file->identity.generation()}});
    }
  }
  UpdateShared(file);
  file->resolved = true;
  MarkDirty(file);
  MarkReady(file);
}

void FileTracker::StartNew(TailedFile* file, const FileStat& stat) {
  bool from_end =
      file->source->options().start_at == StartAt::kEnd && file->present_at_start && file->identity.generation() == 0;
  if (!from_end) return;
  Mark start;
  start.offset = LastLineBegin(file->file.get(), std::min(stat.size, file->size_when_met));
  std::string before(std::min<uint64_t>(start.offset, kFrontierBytes), '\0');
  absl::StatusOr<size_t> size = file->file->ReadAt(start.offset - before.size(), before.data(), before.size());
  if (size.ok() && *size == before.size()) start.frontier = HashOf(before);
  file->acked = start;
  file->read = start;
  file->scanned = start.offset;
  file->started_at = start.offset;
}

void FileTracker::UpdateShared(TailedFile* file) {
  const SourceOptions& source = file->source->options();
  SharedFields fields;
  fields.topic = file->source->TopicOf(file->first_path);
  fields.agent = options_.agent;
  fields.host = options_.host;
  fields.path = file->first_path;
  fields.source = source.name;
  fields.labels = source.labels;
  fields.file = file->identity;
  file->shared = EncodeSharedFields(fields);
}

void FileTracker::OnModified(const std::string& path) {
  TailedFile* file = table_.FindByPath(path);
  if (file == nullptr) return;
  file->last_active = clock_->MonotonicNanos();
  if (!file->resolved) LookAtSize(file);
  MarkReady(file);
}

void FileTracker::OnVanished(const std::string& path) {
  unreadable_.erase(path);
  TailedFile* file = table_.FindByPath(path);
  if (file == nullptr) return;
  absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/true);
  bool still_there = stat.ok() && stat->device == file->device && stat->inode == file->inode;
  if (!still_there) Detach(file);
}

void FileTracker::OnDirectoryVanished(const std::string& directory) {
  std::string prefix = JoinPath(directory, "");
  for (TailedFile* file : table_.Where([&](const TailedFile& f) { return f.path.starts_with(prefix); })) {
    OnVanished(file->path);
  }
}

void FileTracker::OnScanBegin() { ++scan_; }

void FileTracker::OnScanEnd() {
  first_scan_done_ = true;
  auto not_seen = [this](const TailedFile& f) { return !f.path.empty() && f.seen_in_scan != scan_; };
  for (TailedFile* file : table_.Where(not_seen)) OnVanished(file->path);
}

void FileTracker::Detach(TailedFile* file) {
  table_.LosePath(file);
  if (file->detached) return;
  file->detached = true;
  file->at_end = false;
  file->quiet_since = clock_->MonotonicNanos();
  detached_.push_back(file);
  MarkReady(file);
}

void FileTracker::MarkReady(TailedFile* file) {
  if (file->queued || !file->resolved) return;
  file->queued = true;
  ready_.push_back(file);
}

TailedFile* FileTracker::PopReady() {
  int64_t now = clock_->MonotonicNanos();
  for (size_t tries = ready_.size(); tries > 0; --tries) {
    TailedFile* file = ready_.front();
    ready_.pop_front();
    if (!MayBeRead(file, now)) {
      ready_.push_back(file);
      continue;
    }
    file->queued = false;
    if (absl::Status status = EnsureOpen(file); !status.ok()) {
      ReadFailed(file, status);
      continue;
    }
    return file;
  }
  return nullptr;
}

bool FileTracker::MayBeRead(TailedFile* file, int64_t now) {
  if (file->refused || file->held_until > now) return false;
  if (file->predecessor != nullptr && file->predecessor->at_end) file->predecessor = nullptr;
  return file->predecessor == nullptr;
}

int64_t FileTracker::NextHeld() const {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const TailedFile* file : ready_) {
    if (file->held_until > 0 && !file->refused) next = std::min(next, file->held_until);
  }
  return next;
}

void FileTracker::Restart(TailedFile* file) {
  uint64_t unread = file->size > file->read.offset ? file->size - file->read.offset : 0;
  metrics_->files_replaced.Increment();
  metrics_->CountLoss(LossReason::kTruncated, unread);
  log::Warn("tail", "file was truncated or rewritten in place; reading it from 0",
            {{"path", file->path}, {"read_to", file->read.offset}, {"bytes_lost", unread}});
  uint32_t generation = file->identity.generation();
  FileStat inode;
  inode.device = file->device;
  inode.inode = file->inode;
  inode.birth_unix_nano = file->identity.birth_time_unix_nano();
  if (const auto* newest = memory_.Newest(inode); newest != nullptr) {
    generation = std::max(generation, newest->file().generation());
  }
  file->identity.set_generation(generation + 1);
  file->head.Clear();
  file->acked = file->read = Mark();
  file->scanned = file->size = file->started_at = 0;
  file->in_long_line = false;
  MarkDirty(file);
  file->parser = file->source->parsers().NewParser();
  UpdateShared(file);
  MarkReady(file);
}

void FileTracker::Rewind(TailedFile* file) {
  file->refused = false;
  if (file->read.offset != file->acked.offset) {
    file->read = file->acked;
    file->scanned = file->read.offset;
    file->in_long_line = file->file != nullptr && IsInsideLine(file->file.get(), file->read.offset);
  }
  MarkReady(file);
}

void FileTracker::Advance(TailedFile* file, const v1::FileWatermark& watermark) {
  if (watermark.end_offset() <= file->acked.offset) return;
  Acknowledge(file, {watermark.end_offset(), watermark.frontier()});
  Rewind(file);
}

void FileTracker::Acknowledge(TailedFile* file, const Mark& end) {
  file->acked = end;
  MarkDirty(file);
}

void FileTracker::MarkDirty(TailedFile* file) {
  file->dirty = true;
  has_progress_ = true;
}

// What waits to be read is not lost from sight meanwhile.
void FileTracker::LookAtSize(TailedFile* file) {
  if (file->file == nullptr) return;
  absl::StatusOr<FileStat> stat = file->file->Stat();
  if (stat.ok()) file->size = std::max(file->size, stat->size);
}

void FileTracker::UpdateGauges() {
  for (TailedFile* file : ready_) LookAtSize(file);
  uint64_t lag = 0;
  table_.ForEach([&lag](const TailedFile* file) {
    uint64_t size = std::max(file->size, file->read.offset);
    lag += size - std::min(size, file->acked.offset);
  });
  metrics_->lag_bytes.Set(static_cast<double>(lag));
  metrics_->files.Set(static_cast<double>(table_.size()));
  metrics_->files_open.Set(static_cast<double>(open_files_));
  metrics_->paths_unreadable.Set(static_cast<double>(unreadable_.size()));
}

}  // namespace sluice::agent
