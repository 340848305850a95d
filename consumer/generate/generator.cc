#include "consumer/generate/generator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status.h"
#include "consumer/generate/log_files.h"

namespace sluice::generate {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kSyntheticStepNanos = 1'000'000;
// Without a rate, lines are written in pieces of about this size.
constexpr size_t kPieceBytes = 256 << 10;
// How many lines are made before the clock and the stop signal are looked at again.
constexpr uint64_t kLinesBetweenLooks = 1024;

// Which lines are due. What was missed while the process stood still is made up for, but no more than a second of it.
class Pacer {
 public:
  Pacer(double rate, int64_t now_nanos) : rate_(rate), begin_nanos_(now_nanos) {}

  uint64_t Due(int64_t now_nanos, uint64_t written) {
    auto late = now_nanos - DueNanos(written);
    if (late > kNanosPerSecond) begin_nanos_ += late - kNanosPerSecond;
    auto due = static_cast<uint64_t>(static_cast<double>(now_nanos - begin_nanos_) / kNanosPerSecond * rate_) + 1;
    return due > written ? due - written : 0;
  }
  // When line number `written` is to be written.
  int64_t DueNanos(uint64_t written) const {
    return begin_nanos_ + static_cast<int64_t>(std::ceil(static_cast<double>(written) / rate_ * kNanosPerSecond));
  }

 private:
  const double rate_;
  int64_t begin_nanos_;
};

class Generator {
 public:
  Generator(const GenerateOptions& options, const Clock* clock, LogFiles* files)
      : options_(options),
        clock_(clock),
        files_(files),
        source_(NewLineSource(options.kind, options.seed, options.latency)) {
    if (options.start_time.has_value()) synthetic_nanos_ = absl::ToUnixNanos(*options.start_time);
  }

  absl::Status RunFast(const WaitFunction& wait) {
    while (Left() > 0) {
      SLUICE_RETURN_IF_ERROR(MakeLines(std::min(Left(), kLinesBetweenLooks), kPieceBytes));
      if (!wait(absl::ZeroDuration())) break;
    }
    return files_->WriteAll();
  }

  absl::Status RunPaced(const WaitFunction& wait) {
    Pacer pacer(options_.rate, clock_->MonotonicNanos());
    while (Left() > 0) {
      uint64_t due = pacer.Due(clock_->MonotonicNanos(), lines_);
      SLUICE_RETURN_IF_ERROR(MakeLines(std::min(Left(), due), kPieceBytes));
      SLUICE_RETURN_IF_ERROR(files_->WriteAll());
      if (Left() == 0) break;
      if (!wait(absl::Nanoseconds(pacer.DueNanos(lines_) - clock_->MonotonicNanos()))) break;
    }
    return absl::OkStatus();
  }

  GenerateResult result() const { return {.lines = lines_, .bytes = files_->bytes_written()}; }

 private:
  uint64_t Left() const { return options_.count == 0 ? std::numeric_limits<uint64_t>::max() : options_.count - lines_; }

  // Makes lines; writes those of a file when there are more than `piece_bytes` of them.
  absl::Status MakeLines(uint64_t count, size_t piece_bytes) {
    int64_t now = synthetic_nanos_.value_or(clock_->UnixNanos());
    for (uint64_t i = 0; i < count; ++i) {
      size_t file = source_->Next(now, files_->buffers());
      if (synthetic_nanos_.has_value()) now = *synthetic_nanos_ += kSyntheticStepNanos;
      if ((*files_->buffers())[file].size() >= piece_bytes) SLUICE_RETURN_IF_ERROR(files_->Write(file));
    }
    lines_ += count;
    return absl::OkStatus();
  }

  const GenerateOptions& options_;
  const Clock* const clock_;
  LogFiles* const files_;
  const std::unique_ptr<LineSource> source_;
  std::optional<int64_t> synthetic_nanos_;
  uint64_t lines_ = 0;
};

}  // namespace

absl::StatusOr<GenerateResult> Generate(const GenerateOptions& options, const Clock* clock, const WaitFunction& wait) {
  SLUICE_ASSIGN_OR_RETURN(LogFiles files,
                          LogFiles::Open(options.directory, NewLineSource(options.kind, options.seed)->files()));
  Generator generator(options, clock, &files);
  SLUICE_RETURN_IF_ERROR(options.rate > 0 ? generator.RunPaced(wait) : generator.RunFast(wait));
  return generator.result();
}

}  // namespace sluice::generate
