// An inotify that loses events, and has no watches left, when a test wants it to.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/directory_watcher.h"

namespace sluice::agent {

// Passes everything on to another one. One thread.
class FaultyWatcher final : public DirectoryWatcher {
 public:
  // At most `watches_max` watches, as if the system's limit was reached.
  FaultyWatcher(std::unique_ptr<DirectoryWatcher> real, size_t watches_max)
      : real_(std::move(real)), watches_max_(watches_max) {}

  // What happened up to the next Read that finds something is lost: the queue was full.
  void Overflow() { overflow_ = true; }

  absl::StatusOr<int> WatchDirectory(const std::string& path) override;
  absl::StatusOr<int> WatchFile(const std::string& path) override;
  void Remove(int watch) override;
  absl::Status Read(std::vector<WatchEvent>* events) override;
  int descriptor() const override { return real_->descriptor(); }

 private:
  absl::StatusOr<int> Keep(absl::StatusOr<int> watch);

  const std::unique_ptr<DirectoryWatcher> real_;
  const size_t watches_max_;
  absl::flat_hash_set<int> watches_;
  bool overflow_ = false;
};

}  // namespace sluice::agent
