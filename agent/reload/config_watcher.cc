#include "agent/reload/config_watcher.h"

#include <filesystem>
#include <utility>

#include "agent/reload/config_files.h"
#include "base/log.h"

namespace sluice::agent {
namespace {

// Other files of the directory may be written all the time: they are looked at this often, at most.
constexpr absl::Duration kNoiseInterval = absl::Milliseconds(100);

// Where the file really is, if a link leads to it.
std::string RealDirectoryOf(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? std::string() : real.parent_path().string();
}

}  // namespace

ConfigWatcher::ConfigWatcher(Options options, FileSystem* file_system, std::function<void()> changed)
    : options_(std::move(options)), file_system_(file_system), changed_(std::move(changed)) {
  absl::StatusOr<std::unique_ptr<DirectoryWatcher>> watcher = NewInotifyWatcher();
  if (watcher.ok()) {
    watcher_ = *std::move(watcher);
  } else {
    log::Warn("reload", "no inotify; looking at the configuration every few seconds", {{"reason", watcher.status()}});
  }
  thread_ = std::thread([this] { Run(); });
}

ConfigWatcher::~ConfigWatcher() { Stop(); }

void ConfigWatcher::Trigger() {
  triggered_ = true;
  waker_.Wake();
}

void ConfigWatcher::Stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  waker_.Wake();
  thread_.join();
}

void ConfigWatcher::Run() {
  while (!stopping_) {
    WatchDirectories();
    const std::string now = ConfigFingerprint(options_.path, file_system_);
    const bool asked = triggered_.exchange(false);
    if (asked || now != options_.fingerprint) {
      options_.fingerprint = now;  // what changes from here on is seen the next time
      changed_();
    }
    const int events = watcher_ != nullptr ? watcher_->descriptor() : -1;
    WaitReadable({events, waker_.descriptor()}, options_.poll_interval);
    waker_.Clear();
    if (stopping_ || triggered_) continue;
    if (ReadEvents()) {
      WaitUntilQuiet();
    } else {
      WaitReadable({waker_.descriptor()}, kNoiseInterval);
    }
  }
}

// Again each time: a directory may have been made, or be another one now.
void ConfigWatcher::WatchDirectories() {
  if (watcher_ == nullptr) return;
  for (const std::string& directory :
       {std::string(DirectoryOf(options_.path)), ConfigDirectoryOf(options_.path), RealDirectoryOf(options_.path)}) {
    // What cannot be watched is looked at every few seconds; a conf.d may not be there at all.
    if (!directory.empty()) watcher_->WatchDirectory(directory).IgnoreError();
  }
}

bool ConfigWatcher::ReadEvents() {
  if (watcher_ == nullptr) return true;
  events_.clear();
  if (!watcher_->Read(&events_).ok()) return true;
  bool relevant = false;
  for (const WatchEvent& event : events_) {
    const bool other_content = event.kind == WatchEvent::Kind::kModified && !event.name.ends_with(".yaml") &&
                               event.name != BaseNameOf(options_.path);
    relevant |= !other_content;
  }
  return relevant;
}

void ConfigWatcher::WaitUntilQuiet() {
  const int events = watcher_ != nullptr ? watcher_->descriptor() : -1;
  // Each round ends a quiet time early; the number of rounds bounds the whole.
  const auto rounds = static_cast<int>(options_.settle_max / options_.quiet);
  for (int round = 0; round < rounds && !stopping_; ++round) {
    WaitReadable({waker_.descriptor()}, options_.quiet);
    if (events < 0 || !ReadEvents() || triggered_) return;
  }
}

}  // namespace sluice::agent
