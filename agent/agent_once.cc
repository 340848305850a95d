// Agent's part for runs that end by themselves, and for standard input.
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "agent/agent.h"
#include "base/process.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kProgressNanos = kSecond / 4;
constexpr double kMiB = 1 << 20;

}  // namespace

// A pipe has no inode that could be found again: a random one, so that its records are like no others, and those that
// come again after a lost connection are known.
void Agent::OpenStandardInput() {
  show_progress_ = options_.once && StderrIsTerminal();
  if (options_.standard_input == nullptr) return;
  std::random_device random;
  FileStat stat;
  stat.inode = (uint64_t{random()} << 32 | random()) | 1;
  stat.birth_unix_nano = static_cast<uint64_t>(clock_->UnixNanos());
  stat.modified_unix_nano = clock_->UnixNanos();
  auto pipe = std::make_unique<PipeFile>(kStdin, stat, options_.window_bytes);
  pipe_ = pipe.get();
  piped_ = tracker_->FollowStream(options_.standard_input, "stdin", std::move(pipe), stat);
}

void Agent::TendStandardInput() {
  if (pipe_ == nullptr) return;
  pipe_->Release(piped_->acked.offset);
  absl::StatusOr<bool> changed = pipe_->Fill();
  if (!changed.ok()) {
    piped_->stream_open = false;
    if (once_result_.ok()) once_result_ = changed.status();
    return;
  }
  if (*changed) tracker_->MarkReady(piped_);
  if (pipe_->ended() && piped_->stream_open) {
    piped_->stream_open = false;
    piped_->finishing = true;  // also a last line without newline
    tracker_->MarkReady(piped_);
  }
}

// When to look again, monotonic.
int64_t Agent::EndIfDone(int64_t now) {
  if (!options_.once || once_over_) return Tailer::kNever;
  if (metrics_.batches_rejected.Value() > 0) {
    EndOnce(absl::FailedPreconditionError("the collector refused lines; the log above says why"));
    return Tailer::kNever;
  }
  if (!tailer_->connected()) {
    if (away_since_ == 0) away_since_ = now;
    const int64_t until = away_since_ + absl::ToInt64Nanoseconds(options_.once_timeout);
    if (now < until) return until;
    EndOnce(Unavailable("the collector ", absl::StrJoin(options_.collectors, ", "), " was not reached within ",
                        absl::FormatDuration(options_.once_timeout), " (--once-timeout)"));
    return Tailer::kNever;
  }
  away_since_ = 0;
  if (tracker_->HasReady() || !tailer_->Drained()) return Tailer::kNever;
  if (!tracker_->FinishAll()) return tracker_->HasReady() ? now : Tailer::kNever;
  tracker_->UpdateGauges();
  const auto unreadable = static_cast<uint64_t>(metrics_.paths_unreadable.Value());
  const uint64_t failed = tracker_->table().Where([](const TailedFile& file) { return file.read_failed; }).size();
  EndOnce(unreadable + failed == 0
              ? absl::OkStatus()
              : FailedPrecondition(unreadable + failed,
                                   " files or directories could not be read; the log above says which, and why"));
  return Tailer::kNever;
}

void Agent::EndOnce(absl::Status result) {
  once_over_ = true;
  if (once_result_.ok()) once_result_ = std::move(result);
  if (show_progress_) std::fputs("\n", stderr);
  show_progress_ = false;
  ended_.Wake();
}

int64_t Agent::ShowProgressIfDue(int64_t now) {
  if (!show_progress_) return Tailer::kNever;
  if (now < last_progress_ + kProgressNanos) return last_progress_ + kProgressNanos;
  tracker_->UpdateGauges();
  const uint64_t records = tailer_->records_acked();
  const double seconds = static_cast<double>(now - last_progress_) / kSecond;
  const double rate = last_progress_ == 0 ? 0 : static_cast<double>(records - records_at_progress_) / seconds;
  const std::string line =
      absl::StrFormat("\r%.1f MiB read, %d lines stored, %.0f lines/s, %.1f MiB to go\x1b[K",
                      metrics_.bytes_read.Value() / kMiB, records, rate, metrics_.lag_bytes.Value() / kMiB);
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  last_progress_ = now;
  records_at_progress_ = records;
  return now + kProgressNanos;
}

}  // namespace sluice::agent
