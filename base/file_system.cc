#include "base/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace sluice {
namespace {

absl::Status Error(int error, std::string_view action, std::string_view path) {
  std::string message = StrCat(action, " ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return NotFound(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return PermissionDenied(message);
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return ResourceExhausted(message);
    case ELOOP:
    case ENAMETOOLONG:
    case EISDIR:
      return FailedPrecondition(message);
    default:
      return absl::UnknownError(message);
  }
}

// Slow file systems (NFS, FUSE) let signals interrupt any call.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

int Open(const std::string& path, int flags) {
  return Uninterrupted([&] { return open(path.c_str(), flags | O_CLOEXEC, 0600); });
}

FileType TypeOf(mode_t mode) {
  if (S_ISREG(mode)) return FileType::kRegular;
  if (S_ISDIR(mode)) return FileType::kDirectory;
  if (S_ISLNK(mode)) return FileType::kSymlink;
  return FileType::kOther;
}

int64_t Nanos(const struct statx_timestamp& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

// `path` relative to `descriptor`, or the descriptor itself if it is empty.
int StatAt(int descriptor, const char* path, int flags, FileStat* stat) {
  struct statx x;
  const int how = flags | AT_STATX_SYNC_AS_STAT;
  const int done = Uninterrupted([&] { return statx(descriptor, path, how, STATX_BASIC_STATS | STATX_BTIME, &x); });
  if (done != 0) return errno;
  stat->type = TypeOf(x.stx_mode);
  stat->device = makedev(x.stx_dev_major, x.stx_dev_minor);
  stat->inode = x.stx_ino;
  stat->birth_unix_nano = (x.stx_mask & STATX_BTIME) != 0 ? static_cast<uint64_t>(Nanos(x.stx_btime)) : 0;
  stat->size = x.stx_size;
  stat->links = x.stx_nlink;
  stat->modified_unix_nano = Nanos(x.stx_mtime);
  return 0;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    ssize_t n = Uninterrupted([&] { return write(fd, content.data(), content.size()); });
    if (n < 0) return Error(errno, "write", path);
    content.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::StatusOr<FileStat> StatOf(int fd, const std::string& path) {
  FileStat stat;
  if (int error = StatAt(fd, "", AT_EMPTY_PATH, &stat); error != 0) return Error(error, "stat", path);
  return stat;
}

class HostFile final : public ReadableFile {
 public:
  HostFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* buffer, size_t size) override {
    size_t done = 0;
    while (done < size) {
      const auto place = static_cast<off_t>(offset + done);
      ssize_t n = Uninterrupted([&] { return pread(fd_.get(), buffer + done, size - done, place); });
      if (n < 0) return Error(errno, StrCat("read at ", offset + done, " of"), path_);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  absl::StatusOr<FileStat> Stat() override { return StatOf(fd_.get(), path_); }

 private:
  Descriptor fd_;
  const std::string path_;
};

class HostAppendFile final : public AppendableFile {
 public:
  HostAppendFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  absl::Status Append(std::string_view bytes) override { return WriteAll(fd_.get(), bytes, path_); }
  absl::StatusOr<FileStat> Stat() override { return StatOf(fd_.get(), path_); }

 private:
  Descriptor fd_;
  const std::string path_;
};

// File systems whose files change without this kernel's knowledge. overlay is none of them: what is written through it
// is told, and nobody writes below it. The numbers are of linux/magic.h and the kernel's own sources, which do not
// export all.
struct Unwatched {
  uint32_t magic;
  std::string_view name;
};
constexpr Unwatched kUnwatched[] = {
    {0x6969, "nfs"},        {0x517b, "smb"},        {0xfe534d42, "smb2"},  {0xff534d42, "cifs"},  {0x65735546, "fuse"},
    {0x01021997, "9p"},     {0x5346414f, "afs"},    {0x6b414653, "afs"},   {0x00c36400, "ceph"},  {0x73757245, "coda"},
    {0x0bd00bd0, "lustre"}, {0x01161970, "gfs2"},   {0x7461636f, "ocfs2"}, {0x564c, "ncp"},       {0x47504653, "gpfs"},
    {0x786f4256, "vboxsf"}, {0xbacbacbc, "vmhgfs"}, {0x013111a8, "ibrix"}, {0x19830326, "fhgfs"},
};

class Host final : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override {
    Descriptor fd(Open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    if (fd.get() < 0) return Error(errno, "open", path);
    SLUICE_ASSIGN_OR_RETURN(const FileStat stat, StatOf(fd.get(), path));
    if (stat.type != FileType::kRegular) return FailedPrecondition(path, ": no regular file");
    return std::make_unique<HostFile>(fd.Release(), path);
  }

  absl::StatusOr<std::unique_ptr<AppendableFile>> OpenForAppend(const std::string& path) override {
    Descriptor fd(Open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY));
    if (fd.get() < 0) return Error(errno, "open", path);
    return std::make_unique<HostAppendFile>(fd.Release(), path);
  }

  absl::StatusOr<std::string> Unwatchable(const std::string& path) override {
    struct statfs info;
    if (Uninterrupted([&] { return statfs(path.c_str(), &info); }) != 0) return Error(errno, "statfs", path);
    for (const Unwatched& known : kUnwatched) {
      if (known.magic == static_cast<uint32_t>(info.f_type)) return std::string(known.name);
    }
    return std::string();
  }

  absl::StatusOr<FileStat> Stat(const std::string& path, bool follow) override {
    FileStat stat;
    int error = StatAt(AT_FDCWD, path.c_str(), follow ? 0 : AT_SYMLINK_NOFOLLOW, &stat);
    if (error != 0) return Error(error, "stat", path);
    return stat;
  }

  absl::StatusOr<std::vector<DirectoryEntry>> List(const std::string& directory) override {
    std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(directory.c_str()), closedir);
    if (dir == nullptr) return Error(errno, "list", directory);
    std::vector<DirectoryEntry> entries;
    while (true) {
      errno = 0;
      const dirent* entry = readdir(dir.get());
      if (entry == nullptr) break;
      std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      entries.push_back({std::string(name), EntryType(directory, *entry), entry->d_ino});
    }
    if (errno != 0) return Error(errno, "list", directory);
    return entries;
  }

  absl::StatusOr<std::string> ReadFile(const std::string& path, size_t size_max) override {
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> file, OpenForRead(path));
    SLUICE_ASSIGN_OR_RETURN(FileStat stat, file->Stat());
    if (stat.size > size_max) {
      return InvalidArgument(StrCat(path, ": ", stat.size, " bytes; at most ", size_max, " are expected"));
    }
    std::string content(stat.size, '\0');
    SLUICE_ASSIGN_OR_RETURN(size_t size, file->ReadAt(0, content.data(), content.size()));
    content.resize(size);
    return content;
  }

  absl::Status WriteFile(const std::string& path, std::string_view content) override {
    Descriptor fd(Open(path, O_WRONLY | O_CREAT | O_TRUNC));
    if (fd.get() < 0) return Error(errno, "create", path);
    SLUICE_RETURN_IF_ERROR(WriteAll(fd.get(), content, path));
    if (Uninterrupted([&] { return fsync(fd.get()); }) != 0) return Error(errno, "sync", path);
    if (close(fd.Release()) != 0 && errno != EINTR) return Error(errno, "close", path);  // closed all the same
    return absl::OkStatus();
  }

  absl::Status Overwrite(const std::string& path, std::string_view content) override {
    Descriptor fd(Open(path, O_WRONLY | O_NOFOLLOW));
    if (fd.get() < 0) return Error(errno, "open", path);
    SLUICE_ASSIGN_OR_RETURN(const FileStat stat, StatOf(fd.get(), path));
    if (stat.type != FileType::kRegular || stat.size < content.size()) {
      return FailedPrecondition(path, ": ", stat.size, " bytes have no room for ", content.size());
    }
    SLUICE_RETURN_IF_ERROR(WriteAll(fd.get(), content, path));
    if (Uninterrupted([&] { return fdatasync(fd.get()); }) != 0) return Error(errno, "sync", path);
    return absl::OkStatus();
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) return Error(errno, StrCat("rename ", from, " to"), to);
    return absl::OkStatus();
  }

  absl::Status Remove(const std::string& path) override {
    if (unlink(path.c_str()) != 0) return Error(errno, "remove", path);
    return absl::OkStatus();
  }

  absl::Status SyncDirectory(const std::string& directory) override {
    Descriptor fd(Open(directory, O_RDONLY | O_DIRECTORY));
    if (fd.get() < 0) return Error(errno, "open", directory);
    if (Uninterrupted([&] { return fsync(fd.get()); }) != 0) return Error(errno, "sync", directory);
    return absl::OkStatus();
  }

  absl::Status CreateDirectories(const std::string& directory) override {
    for (size_t end = 1; end <= directory.size(); ++end) {
      if (end < directory.size() && directory[end] != '/') continue;
      std::string prefix = directory.substr(0, end);
      bool last = directory.find_first_not_of('/', end) == std::string::npos;
      if (mkdir(prefix.c_str(), last ? 0700 : 0755) != 0 && errno != EEXIST) {
        int error = errno;
        FileStat stat;
        if (StatAt(AT_FDCWD, prefix.c_str(), 0, &stat) != 0) return Error(error, "make directory", prefix);
      }
    }
    SLUICE_ASSIGN_OR_RETURN(FileStat stat, Stat(directory, /*follow=*/true));
    if (stat.type != FileType::kDirectory) return FailedPrecondition(directory, ": no directory");
    return absl::OkStatus();
  }

 private:
  static FileType EntryType(const std::string& directory, const dirent& entry) {
    switch (entry.d_type) {
      case DT_REG:
        return FileType::kRegular;
      case DT_DIR:
        return FileType::kDirectory;
      case DT_LNK:
        return FileType::kSymlink;
      case DT_UNKNOWN: {  // file systems that do not tell
        FileStat stat;
        bool known = StatAt(AT_FDCWD, JoinPath(directory, entry.d_name).c_str(), AT_SYMLINK_NOFOLLOW, &stat) == 0;
        return known ? stat.type : FileType::kOther;
      }
      default:
        return FileType::kOther;
    }
  }
};

}  // namespace

FileSystem* HostFileSystem() {
  static Host* const host = new Host;
  return host;
}

size_t RaiseOpenFilesLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  return StrCat(directory, directory.back() == '/' ? "" : "/", name);
}

std::string_view DirectoryOf(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

std::string_view BaseNameOf(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace sluice
