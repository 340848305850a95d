#include "base/directory_watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/strings.h"

namespace sluice {
namespace {

constexpr uint32_t kDirectoryEvents = IN_MODIFY | IN_CREATE | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                                      IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr uint32_t kFileEvents = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;

class InotifyWatcher final : public DirectoryWatcher {
 public:
  explicit InotifyWatcher(int descriptor) : descriptor_(descriptor), buffer_(64 * 1024) {}
  ~InotifyWatcher() override { close(descriptor_); }

  absl::StatusOr<int> WatchDirectory(const std::string& path) override { return Add(path, kDirectoryEvents); }
  absl::StatusOr<int> WatchFile(const std::string& path) override { return Add(path, kFileEvents); }
  void Remove(int watch) override { inotify_rm_watch(descriptor_, watch); }

  absl::Status Read(std::vector<WatchEvent>* events) override {
    while (true) {
      ssize_t size = read(descriptor_, buffer_.data(), buffer_.size());
      if (size < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN) return absl::OkStatus();
        return absl::UnknownError(StrCat("read inotify: ", std::strerror(errno)));
      }
      for (const char* at = buffer_.data(); at < buffer_.data() + size;) {
        inotify_event event;
        std::memcpy(&event, at, sizeof event);
        Translate(event, at + sizeof event, events);
        at += sizeof event + event.len;
      }
      if (static_cast<size_t>(size) < buffer_.size() / 2) return absl::OkStatus();
    }
  }

  int descriptor() const override { return descriptor_; }

 private:
  absl::StatusOr<int> Add(const std::string& path, uint32_t events) {
    int watch = inotify_add_watch(descriptor_, path.c_str(), events);
    if (watch >= 0) return watch;
    switch (errno) {
      case ENOSPC:
        return absl::ResourceExhaustedError(StrCat(
            "watch ", path, ": the limit of inotify watches is reached; raise sysctl fs.inotify.max_user_watches"));
      case ENOENT:
      case ENOTDIR:
        return absl::NotFoundError(StrCat("watch ", path, ": ", std::strerror(errno)));
      case EACCES:
        return absl::PermissionDeniedError(StrCat("watch ", path, ": ", std::strerror(errno)));
      default:
        return absl::UnknownError(StrCat("watch ", path, ": ", std::strerror(errno)));
    }
  }

  static void Translate(const inotify_event& event, const char* name, std::vector<WatchEvent>* events) {
    using Kind = WatchEvent::Kind;
    Kind kind;
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      kind = Kind::kOverflow;
    } else if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) {
      kind = Kind::kSelfGone;
    } else if ((event.mask & (IN_MOVED_FROM | IN_DELETE)) != 0) {
      kind = Kind::kVanished;
    } else if ((event.mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)) != 0) {
      kind = Kind::kAppeared;
    } else if ((event.mask & IN_MODIFY) != 0) {
      kind = Kind::kModified;
    } else {
      return;  // IN_IGNORED: we removed the watch, or kSelfGone told it
    }
    events->push_back(
        WatchEvent{kind, event.wd, event.len > 0 ? std::string(name) : std::string(), (event.mask & IN_ISDIR) != 0});
  }

  const int descriptor_;
  std::vector<char> buffer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DirectoryWatcher>> NewInotifyWatcher() {
  int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) {
    return absl::ResourceExhaustedError(StrCat(
        "inotify: ", std::strerror(errno), "; raise sysctl fs.inotify.max_user_instances or the limit of open files"));
  }
  return std::make_unique<InotifyWatcher>(descriptor);
}

}  // namespace sluice
