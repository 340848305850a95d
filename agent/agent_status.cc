// Agent's part that tells the collector how it fares.
#include <algorithm>
#include <string>

#include "agent/agent.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStatusNanos = 10 * kSecond;
// The list of files is sent at most this often, and only if it is another one.
constexpr int64_t kFileListNanos = 10 * kSecond;
constexpr size_t kConfigErrorBytesMax = 2000;

}  // namespace

// While lines come the figures are kept fresh, at rest they need not be.
int64_t Agent::StatusIfDue(int64_t now) {
  const bool connected = tailer_->connected();
  if (connected && !was_connected_) {
    last_status_ = last_file_list_ = 0;  // whoever is connected now knows nothing yet
    file_list_sent_.clear();
  }
  was_connected_ = connected;
  const bool is_busy = tailer_->records_acked() != records_at_status_ || tracker_->HasReady();
  // Once more after the last line, so that no rate stays that is none any more.
  const bool soon = is_busy || was_busy_;
  const int64_t due = last_status_ == 0 ? now : last_status_ + (soon ? kSecond : kStatusNanos);
  if (now < due) return due;
  was_busy_ = is_busy;
  tracker_->UpdateGauges();
  SendStatus(now);
  last_status_ = now;
  records_at_status_ = tailer_->records_acked();
  return now + kSecond;
}

void Agent::SendStatus(int64_t now) {
  v1::AgentStatus status;
  status.set_files(static_cast<uint64_t>(metrics_.files.Value()));
  status.set_files_open(static_cast<uint64_t>(metrics_.files_open.Value()));
  status.set_lag_bytes(static_cast<uint64_t>(metrics_.lag_bytes.Value()));
  status.set_lag_millis(static_cast<uint64_t>(metrics_.lag_seconds.Value() * 1e3));
  status.set_lines_read(static_cast<uint64_t>(metrics_.lines_read.Value()));
  status.set_bytes_read(static_cast<uint64_t>(metrics_.bytes_read.Value()));
  status.set_records_acked(tailer_->records_acked());
  const double seconds = static_cast<double>(now - last_status_) / kSecond;
  if (last_status_ > 0 && seconds > 0) {
    status.set_records_per_second(static_cast<double>(tailer_->records_acked() - records_at_status_) / seconds);
  }
  for (const auto& [reason, bytes] : metrics_.Losses()) (*status.mutable_bytes_lost())[reason] = bytes;
  status.set_config_error(ReplaceInvalidUtf8(config_error_.substr(0, kConfigErrorBytesMax)));
  if (tailer_->connected() && (last_file_list_ == 0 || now - last_file_list_ >= kFileListNanos)) {
    v1::AgentFiles files = tracker_->Report();
    std::string bytes = files.SerializeAsString();
    if (bytes != file_list_sent_) *status.mutable_file_list() = std::move(files);
    file_list_sent_ = std::move(bytes);
    last_file_list_ = now;
  }
  shipper_->SendStatus(status);
}

// What the run came to, with the list of files: the collector shows it for as long as it remembers the agent.
void Agent::SendLastStatus() {
  if (!tailer_->connected()) return;
  tracker_->UpdateGauges();
  last_file_list_ = 0;
  SendStatus(clock_->MonotonicNanos());
}

}  // namespace sluice::agent
