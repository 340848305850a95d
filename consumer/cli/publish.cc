#include "consumer/cli/publish.h"

#include <string_view>
#include <utility>
#include <vector>

#include "base/read_some.h"
#include "base/status.h"
#include "consumer/cli/line_cutter.h"

namespace sluice::cli {
namespace {

constexpr size_t kReadBytes = 256 << 10;

}  // namespace

uint64_t LinePublisher::records() const {
  MutexLock lock(&mutex_);
  return records_;
}

bool LinePublisher::stopped() const {
  MutexLock lock(&mutex_);
  return stopped_;
}

void LinePublisher::Stop() {
  MutexLock lock(&mutex_);
  stopped_ = true;
  waker_.Wake();
}

absl::Status LinePublisher::Run() {
  SLUICE_RETURN_IF_ERROR(Read());
  return publisher_->Flush();
}

absl::Status LinePublisher::Read() {
  LineCutter cutter(kPublishedPartBytes);
  std::vector<char> buffer(kReadBytes);
  absl::Status status;
  const auto take = [&](std::string_view line, v1::LinePart part) {
    status = Publish(line, part);
    return status.ok();
  };
  while (!stopped()) {
    WaitReadable({descriptor_, waker_.descriptor()}, absl::InfiniteDuration());
    if (stopped()) break;
    absl::StatusOr<size_t> count = ReadSome(descriptor_, buffer.data(), buffer.size());
    if (!count.ok()) return Annotate(count.status(), "standard input");
    if (*count == 0) {
      cutter.End(take);
      return status;
    }
    if (!cutter.Feed(std::string_view(buffer.data(), *count), take)) return status;
  }
  return absl::OkStatus();
}

absl::Status LinePublisher::Publish(std::string_view line, v1::LinePart part) {
  v1::LogRecord record;
  record.set_body(std::string(line));
  record.set_part(part);
  record.set_severity(options_.severity);
  record.set_severity_text(options_.severity_text);
  if (options_.time.has_value()) {
    record.set_time_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(*options_.time)));
  }
  uint64_t number;
  {
    MutexLock lock(&mutex_);
    number = records_;
  }
  SLUICE_RETURN_IF_ERROR(options_.numbered ? publisher_->PublishAt(options_.topic, number, std::move(record))
                                           : publisher_->Publish(options_.topic, std::move(record)));
  MutexLock lock(&mutex_);
  ++records_;
  return absl::OkStatus();
}

}  // namespace sluice::cli
