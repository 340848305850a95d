#include "consumer/generate/log_files.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::generate {
namespace {

absl::Status Errno(std::string_view what, const std::string& path, int error) {
  return absl::ErrnoToStatus(error, StrCat(what, " \"", path, "\""));
}

}  // namespace

absl::StatusOr<LogFiles> LogFiles::Open(const std::string& directory, const std::vector<std::string>& names) {
  LogFiles files;
  for (const std::string& name : names) {
    const std::filesystem::path path = std::filesystem::path(directory) / name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) return Errno("cannot make the directory", path.parent_path().string(), error.value());
    std::FILE* file = std::fopen(path.c_str(), "ae");
    if (file == nullptr) return Errno("cannot write to", path.string(), errno);
    std::setvbuf(file, nullptr, _IONBF, 0);  // one fwrite, one write(2)
    files.paths_.push_back(path.string());
    files.files_.emplace_back(file);
  }
  files.buffers_.resize(names.size());
  return files;
}

absl::Status LogFiles::Write(size_t file) {
  std::string& buffer = buffers_[file];
  if (buffer.empty()) return absl::OkStatus();
  size_t written = std::fwrite(buffer.data(), 1, buffer.size(), files_[file].get());
  if (written != buffer.size()) return Errno("cannot write to", paths_[file], errno);
  bytes_written_ += written;
  buffer.clear();
  return absl::OkStatus();
}

absl::Status LogFiles::WriteAll() {
  for (size_t file = 0; file < files_.size(); ++file) SLUICE_RETURN_IF_ERROR(Write(file));
  return absl::OkStatus();
}

}  // namespace sluice::generate
