#include "agent/testing/faulty_watcher.h"

#include <string>
#include <vector>

namespace sluice::agent {

absl::StatusOr<int> FaultyWatcher::WatchDirectory(const std::string& path) { return Keep(real_->WatchDirectory(path)); }

absl::StatusOr<int> FaultyWatcher::WatchFile(const std::string& path) { return Keep(real_->WatchFile(path)); }

absl::StatusOr<int> FaultyWatcher::Keep(absl::StatusOr<int> watch) {
  if (!watch.ok() || watches_.contains(*watch)) return watch;
  if (watches_.size() >= watches_max_) {
    real_->Remove(*watch);
    return absl::ResourceExhaustedError("the limit of inotify watches is reached");
  }
  watches_.insert(*watch);
  return watch;
}

void FaultyWatcher::Remove(int watch) {
  watches_.erase(watch);
  real_->Remove(watch);
}

absl::Status FaultyWatcher::Read(std::vector<WatchEvent>* events) {
  std::vector<WatchEvent> found;
  const absl::Status read = real_->Read(&found);
  for (const WatchEvent& event : found) {
    if (event.kind == WatchEvent::Kind::kSelfGone) watches_.erase(event.watch);  // the kernel has given it up itself
  }
  if (overflow_ && !found.empty()) {
    found = {{WatchEvent::Kind::kOverflow, -1, "", false}};
    overflow_ = false;
  }
  events->insert(events->end(), found.begin(), found.end());
  return read;
}

}  // namespace sluice::agent
