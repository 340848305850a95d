// WatchTree's part for symbolic links to files: their targets have a watch each, since they may be anywhere.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/discover/watch_tree.h"

namespace sluice::agent {

// At a file or a link, whatever stands there now.
void WatchTree::LookAgain(const std::string& path) {
  absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/false);
  if (stat.ok() && stat->type != FileType::kDirectory) return LookAt(path, stat->type, 0);
  ForgetLink(path);
  listener_->OnVanished(path);
}

void WatchTree::LookAtLink(const std::shared_ptr<const Source>& source, const std::string& path) {
  links_[path].seen_in_scan = scan_;
  absl::StatusOr<FileStat> target = file_system_->Stat(path, /*follow=*/true);
  if (!target.ok()) {
    dangling_.insert(path);
    if (!absl::IsNotFound(target.status())) return;
    // Whoever rotates the target is about to make it again.
    WatchLink(path, /*wanted=*/false);
    listener_->OnVanished(path);
    return;
  }
  dangling_.erase(path);
  const bool is_file = target->type == FileType::kRegular;
  WatchLink(path, is_file && source->options().watch != WatchMode::kPoll);
  is_file ? listener_->OnAppeared(source, path) : listener_->OnVanished(path);
}

// Watches the target that a link has now, and not the one that it had before. Without a watch scans find what changes.
void WatchTree::WatchLink(const std::string& path, bool wanted) {
  absl::StatusOr<int> watch = -1;
  if (wanted && watcher_ != nullptr) watch = watcher_->WatchFile(path);
  LinkedFile& link = links_[path];
  const int before = std::exchange(link.watch, watch.value_or(-1));
  if (before == link.watch) return;
  if (link.watch >= 0) linked_[link.watch].push_back(path);
  auto linked = linked_.find(before);
  if (linked == linked_.end()) return;
  std::erase(linked->second, path);
  if (!linked->second.empty()) return;  // another link leads there
  linked_.erase(linked);
  watcher_->Remove(before);
}

void WatchTree::ForgetLink(const std::string& path) {
  if (!links_.contains(path)) return;
  WatchLink(path, /*wanted=*/false);
  links_.erase(path);
  dangling_.erase(path);
}

// Something happened to a file to which `links` lead: it got more, or it is not there any more.
void WatchTree::HandleLinkEvent(const WatchEvent& event, const std::vector<std::string>& links) {
  if (event.kind == WatchEvent::Kind::kModified) {
    for (const std::string& path : links) listener_->OnModified(path);
    return;
  }
  const std::vector<std::string> paths(links.begin(), links.end());  // they may be others after a look
  for (const std::string& path : paths) LookAgain(path);
}

}  // namespace sluice::agent
