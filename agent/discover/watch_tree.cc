#include "agent/discover/watch_tree.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

// Events that come while others are looked at are taken in, too, so many times.
constexpr int kEventRoundsMax = 20;
// A polled directory that goes on changing while it is looked at is listed so many times.
constexpr int kListingsMax = 5;

}  // namespace

WatchTree::WatchTree(Options options, std::vector<std::shared_ptr<const Source>> sources, FileSystem* file_system,
                     DirectoryWatcher* watcher, const Clock* clock, FileListener* listener, AgentMetrics* metrics)
    : options_(options),
      sources_(std::move(sources)),
      file_system_(file_system),
      watcher_(watcher),
      clock_(clock),
      listener_(listener),
      metrics_(metrics) {}

int64_t WatchTree::Work() {
  HandleEvents();
  int64_t now = clock_->MonotonicNanos();
  if (scan_soon_ || now >= next_scan_) {
    Scan();
    now = clock_->MonotonicNanos();
    next_scan_ = now + absl::ToInt64Nanoseconds(options_.scan_interval);
    // What was renamed, compressed or deleted while it was looked at is known before anything is read.
    HandleEvents();
  }
  int64_t next = PollDirectories(now);
  if (root_missing_ || !dangling_.empty()) {
    if (now >= next_look_) {
      LookForMissing();
      next_look_ = now + absl::ToInt64Nanoseconds(options_.missing_interval);
    }
    next = std::min(next, next_look_);
  }
  return scan_soon_ ? now : std::min(next, next_scan_);
}

// What is looked at because of an event may have been rotated meanwhile: the events that tell of it are taken in before
// anything is read, so that generations come in their order.
void WatchTree::HandleEvents() {
  if (watcher_ == nullptr) return;
  for (int round = 0; round < kEventRoundsMax; ++round) {
    events_.clear();
    if (absl::Status status = watcher_->Read(&events_); !status.ok()) {
      SayOnce("", "cannot read events; scanning instead", status);
      scan_soon_ = true;
    }
    if (events_.empty()) return;
    bool only_growth = true;
    for (const WatchEvent& event : events_) {
      only_growth &= event.kind == WatchEvent::Kind::kModified;
      HandleEvent(event);
    }
    if (only_growth) return;
  }
}

void WatchTree::SetSources(std::vector<std::shared_ptr<const Source>> sources) {
  sources_ = std::move(sources);
  scan_soon_ = watch_anew_ = true;  // they may want to be watched in another way
}

std::shared_ptr<const Source> WatchTree::SourceOf(const std::string& path) const {
  for (const auto& source : sources_) {
    const std::string& root = source->options().root;
    bool is_below = path.size() > root.size() + 1 && path.starts_with(root) && path[root.size()] == '/';
    if (is_below && source->Includes(path)) return source;
  }
  return nullptr;
}

void WatchTree::Scan() {
  scan_soon_ = false;
  ++scan_;
  listener_->OnScanBegin();
  root_missing_ = false;
  for (const auto& source : sources_) {
    ScanDirectory(source->options().root, 0);
    root_missing_ |= !directories_.contains(source->options().root);
  }
  listener_->OnScanEnd();
  watch_anew_ = false;
  ForgetUnseen();
  metrics_->directories_watched.Set(static_cast<double>(watched_.size()));
  metrics_->directories_polled.Set(static_cast<double>(directories_.size() - watched_.size()));
}

void WatchTree::ForgetUnseen() {
  std::vector<std::string> gone;
  for (const auto& [path, directory] : directories_) {
    if (directory.seen_in_scan != scan_) gone.push_back(path);
  }
  for (const std::string& path : gone) Forget(path);
  gone.clear();
  for (const auto& [path, link] : links_) {
    if (link.seen_in_scan != scan_) gone.push_back(path);
  }
  for (const std::string& path : gone) ForgetLink(path);
}

// Watches first and lists then: what is made between is told by the watch.
void WatchTree::ScanDirectory(const std::string& path, size_t depth) {
  if (depth > options_.depth_max) {
    const absl::Status too_deep = FailedPrecondition("it is nested too deeply: it lies more than ", options_.depth_max,
                                                     " directories below a root");
    SayOnce(path, "not looking into a directory", too_deep);
    return listener_->OnListed(path, too_deep);
  }
  Directory& directory = directories_[path];
  bool is_new = directory.seen_in_scan == 0;
  if (directory.seen_in_scan == scan_ && !is_new) return;  // roots overlap
  directory.seen_in_scan = scan_;
  if (directory.watch < 0 || watch_anew_) Watch(path, &directory);
  const bool is_polled = directory.watch < 0;  // `directory` may be gone when what is below was looked at
  absl::StatusOr<std::vector<DirectoryEntry>> entries = file_system_->List(path);
  if (!entries.ok()) {
    SayOnce(path, "cannot list a directory; trying again", entries.status());
    if (absl::IsNotFound(entries.status())) {
      Forget(path);
    } else {
      listener_->OnListed(path, entries.status());
    }
    return;
  }
  said_.erase(path);
  listener_->OnListed(path, absl::OkStatus());
  if (is_polled) return LookUntilSteady(path, *std::move(entries), depth);
  for (const DirectoryEntry& entry : *entries) LookAt(JoinPath(path, entry.name), entry.type, depth);
}

// No watch tells what was renamed, compressed or deleted, before or while the directory is looked at: that shows by
// what stood there the last time, and it is listed again until that gives the same. So no generation is missed and
// nothing is read that comes after it.
void WatchTree::LookUntilSteady(const std::string& path, std::vector<DirectoryEntry> entries, size_t depth) {
  auto by_name = [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; };
  for (int round = 0; round < kListingsMax; ++round) {
    std::sort(entries.begin(), entries.end(), by_name);
    auto directory = directories_.find(path);
    if (directory == directories_.end()) return;
    const std::vector<DirectoryEntry> before = std::exchange(directory->second.listed, entries);
    if (round > 0 && before == entries) return;
    for (const DirectoryEntry& entry : before) {
      if (entry.type == FileType::kDirectory) continue;
      const auto now = std::lower_bound(entries.begin(), entries.end(), entry, by_name);
      if (now == entries.end() || *now != entry) listener_->OnVanished(JoinPath(path, entry.name));
    }
    for (const DirectoryEntry& entry : entries) LookAt(JoinPath(path, entry.name), entry.type, depth);
    absl::StatusOr<std::vector<DirectoryEntry>> again = file_system_->List(path);
    if (!again.ok()) return;
    entries = *std::move(again);
  }
}

// What stands in a directory of this depth.
void WatchTree::LookAt(const std::string& path, FileType type, size_t depth) {
  if (type == FileType::kDirectory) {
    ScanDirectory(path, depth + 1);
    return;
  }
  if (type != FileType::kSymlink && !links_.empty()) ForgetLink(path);
  if (type != FileType::kRegular && type != FileType::kSymlink) return;
  std::shared_ptr<const Source> source = SourceOf(path);
  if (source == nullptr) return;
  type == FileType::kSymlink ? LookAtLink(source, path) : listener_->OnAppeared(source, path);
}

// How the sources want a directory to be watched; of several, the first one's word holds.
WatchMode WatchTree::ModeOf(const std::string& path, Directory* directory) const {
  for (const auto& source : sources_) {
    const std::string& root = source->options().root;
    bool is_below = path == root || root == "/" || (path.starts_with(root) && path[root.size()] == '/');
    if (!is_below) continue;
    directory->poll_nanos = absl::ToInt64Nanoseconds(source->options().poll_interval);
    return source->options().watch;
  }
  return WatchMode::kAuto;
}

// False if others may write to the file system without this kernel's knowledge.
bool WatchTree::IsTold(const std::string& path) {
  absl::StatusOr<std::string> name = file_system_->Unwatchable(path);
  if (!name.ok() || name->empty()) return true;
  if (said_.insert(*name).second) {
    log::Info("discover", "this file system does not tell of changes; looking again and again (watch: poll)",
              {{"path", path}, {"file_system", *name}});
  }
  return false;
}

void WatchTree::Watch(const std::string& path, Directory* directory) {
  WatchMode mode = ModeOf(path, directory);
  if (watcher_ == nullptr) return;
  if (mode == WatchMode::kPoll || (mode == WatchMode::kAuto && !IsTold(path))) {
    Unwatch(path, std::exchange(directory->watch, -1));
    return;
  }
  absl::StatusOr<int> watch = watcher_->WatchDirectory(path);
  if (!watch.ok()) {
    Unwatch(path, std::exchange(directory->watch, -1));
    // Of a missing or forbidden directory listing says more.
    if (absl::IsResourceExhausted(watch.status()))
      SayOnce("", "looking at directories again and again", watch.status());
    return;
  }
  if (directory->watch != *watch) Unwatch(path, directory->watch);
  directory->watch = *watch;
  watched_[*watch] = path;
}

// A directory that was moved keeps its watch under its new path.
void WatchTree::Unwatch(const std::string& path, int watch) {
  auto watched = watched_.find(watch);
  if (watched == watched_.end() || watched->second != path) return;
  watched_.erase(watched);
  watcher_->Remove(watch);
}

// The directory is gone, and so is what was below it.
void WatchTree::Forget(const std::string& path) {
  std::string below = JoinPath(path, "");
  listener_->OnDirectoryVanished(path);
  for (auto it = directories_.lower_bound(path); it != directories_.end();) {
    bool is_part = it->first == path || it->first.starts_with(below);
    if (!is_part) {
      if (it->first > below + "\xff") break;
      ++it;
      continue;
    }
    Unwatch(it->first, it->second.watch);
    it = directories_.erase(it);
  }
  while (true) {
    auto link = links_.lower_bound(below);
    if (link == links_.end() || !link->first.starts_with(below)) return;
    ForgetLink(std::string(link->first));
  }
}

void WatchTree::HandleEvent(const WatchEvent& event) {
  if (event.kind == WatchEvent::Kind::kOverflow) {
    log::Warn("discover",
              "inotify lost events; scanning all directories. If this comes often, raise sysctl "
              "fs.inotify.max_queued_events");
    scan_soon_ = watch_anew_ = true;  // directories may have been replaced: the watches are not theirs
    return;
  }
  if (auto linked = linked_.find(event.watch); linked != linked_.end()) return HandleLinkEvent(event, linked->second);
  auto it = watched_.find(event.watch);
  if (it == watched_.end()) return;  // of a watch that is removed already
  std::string directory = it->second;
  if (event.kind == WatchEvent::Kind::kSelfGone) {
    Forget(directory);
    scan_soon_ = true;  // it may have been made again already, or be a root
    return;
  }
  std::string path = JoinPath(directory, event.name);
  switch (event.kind) {
    case WatchEvent::Kind::kModified:
      listener_->OnModified(path);
      break;
    case WatchEvent::Kind::kVanished:
      if (event.is_directory) {
        Forget(path);
      } else {
        ForgetLink(path);
        listener_->OnVanished(path);
      }
      break;
    case WatchEvent::Kind::kAppeared: {
      absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/false);
      if (!stat.ok()) break;
      if (stat->type == FileType::kDirectory) directories_.erase(path);  // look at it anew, whatever it was
      LookAt(path, stat->type, DepthOf(directory));
      break;
    }
    default:
      break;
  }
}

void WatchTree::LookForMissing() {
  for (const auto& source : sources_) {
    const std::string& root = source->options().root;
    if (!directories_.contains(root) && file_system_->Stat(root, /*follow=*/true).ok()) scan_soon_ = true;
  }
  const std::set<std::string> dangling = dangling_;
  for (const std::string& path : dangling) LookAgain(path);
}

// Looks at the directories that have no watch, each at its time. When the next one is due.
int64_t WatchTree::PollDirectories(int64_t now) {
  int64_t next = std::numeric_limits<int64_t>::max();
  if (watched_.size() == directories_.size()) return next;
  std::vector<std::string> due;
  for (auto& [path, directory] : directories_) {
    if (directory.watch >= 0) continue;
    if (now >= directory.next_poll) {
      if (directory.next_poll > 0) due.push_back(path);  // the scan that found it has looked
      directory.next_poll = now + directory.poll_nanos;
    }
    next = std::min(next, directory.next_poll);
  }
  for (const std::string& path : due) {
    absl::StatusOr<std::vector<DirectoryEntry>> entries = file_system_->List(path);
    if (!entries.ok()) continue;
    LookUntilSteady(path, *std::move(entries), DepthOf(path));
  }
  return next;
}

void WatchTree::SayOnce(const std::string& path, std::string_view problem, const absl::Status& status) {
  if (!said_.insert(path).second) return;
  log::Warn("discover", problem, {{"path", path}, {"reason", status}});
}

size_t WatchTree::DepthOf(const std::string& path) const {
  size_t depth = 0;
  for (const auto& source : sources_) {
    const std::string& root = source->options().root;
    if (path.starts_with(root)) {
      depth =
          std::max<size_t>(depth, std::count(path.begin() + static_cast<std::ptrdiff_t>(root.size()), path.end(), '/'));
    }
  }
  return depth;
}

}  // namespace sluice::agent
