#include "agent/tail/tailer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"

namespace sluice::agent {
namespace {

// While this many messages are unacknowledged and all of them are small, lines are gathered for a moment instead of
// being sent one by one: the latency of a lone line stays, and ten thousand a second do not become ten thousand
// messages.
constexpr size_t kSmallMessages = 2;
constexpr uint64_t kSmallBytes = 64 * 1024;
constexpr int64_t kGatherNanos = 1'000'000;

// After a rejection that may pass (too many topics, …), and after one that will not without a change of configuration.
constexpr int64_t kRetryNanos = 5'000'000'000;
constexpr int64_t kRetryRefusedNanos = 60'000'000'000;
constexpr int kInvalidArgument = 3;

// Small files are read into one message, up to so many reads; then it is time to look at the rest of the world.
constexpr int kReadsPerMessage = 512;
// Records of several lines that wait at the ends of their files are looked for at most once in this time.
constexpr int64_t kFlushGrainNanos = 5'000'000;

// One part in so many of the window may be filled by files that have a backlog.
constexpr uint64_t kBacklogWindowPart = 2;

}  // namespace

size_t Tailer::BufferBytes(const Options& options) {
  // The message may be just below its limit when the last chunk's lines come, each with its overhead; a line that is
  // not UTF-8 takes four times its length.
  return options.message_bytes + options.message_bytes / 2 + 4 * options.reader.max_line_bytes + (64 << 10);
}

Tailer::Tailer(Options options, FileTracker* tracker, CollectorLink* link, BufferPool* buffers, ReadLimiter* limiter,
               const Clock* clock, AgentMetrics* metrics)
    : options_(options),
      tracker_(tracker),
      link_(link),
      buffers_(buffers),
      limiter_(limiter),
      clock_(clock),
      metrics_(metrics),
      reader_(options.reader, clock) {}

int64_t Tailer::Work() {
  events_.clear();
  link_->Take(&events_);
  for (const LinkEvent& event : events_) {
    switch (event.kind) {
      case LinkEvent::Kind::kConnected:
        OnConnected(event.watermarks);
        break;
      case LinkEvent::Kind::kAcked:
        OnAcked(event.ack);
        break;
      case LinkEvent::Kind::kDisconnected:
        OnDisconnected();
        break;
    }
  }
  int64_t next = tracker_->Tend();
  if (!connected_ || stopping_) return next;
  int64_t now = clock_->MonotonicNanos();
  next = std::min(next, MarkFlushable(now));
  if (int64_t wait_until = kNever; !MaySend(now, &wait_until)) return std::min(next, wait_until);
  bool is_more = FillMessage();
  if (batches_.empty()) return is_more ? now : std::min({next, next_flush_, tracker_->NextHeld()});
  SendMessage(now);
  return now;
}

// False with the time from which it may be asked again, or kNever: an event will wake us.
bool Tailer::MaySend(int64_t now, int64_t* wait_until) const {
  if (!link_->Writable() || in_flight_.bytes() >= options_.window_bytes) return false;
  bool gather = in_flight_.messages() >= kSmallMessages && in_flight_.bytes() < kSmallBytes;
  if (!gather || now - last_send_ >= kGatherNanos) return true;
  *wait_until = last_send_ + kGatherNanos;
  return false;
}

// Puts the files into the queue whose last record has waited for long enough. When to call again, monotonic.
int64_t Tailer::MarkFlushable(int64_t now) {
  if (now < next_flush_) return next_flush_;
  next_flush_ = kNever;
  tracker_->table().ForEach([this, now](TailedFile* file) {
    if (file->flush_at == 0) return;
    if (file->flush_at <= now) {
      tracker_->MarkReady(file);
    } else {
      next_flush_ = std::min(next_flush_, std::max(file->flush_at, now + kFlushGrainNanos));
    }
  });
  return next_flush_;
}

void Tailer::Trim() {
  if (batches_.empty()) buffer_.reset();
  buffers_->Trim();
  reader_.Trim();
  tracker_->Trim();
}

// Reads files in turn, a chunk each, until the message is large enough or there is no more to read: false then.
bool Tailer::FillMessage() {
  if (buffer_ == nullptr) {
    buffer_ = buffers_->Get();
    message_.Reset(buffer_.get(), buffers_->capacity());
  }
  // A backlog leaves room in the window: what it has under way is what a live line waits for.
  bool live_only = in_flight_.bytes() >= options_.window_bytes / kBacklogWindowPart && in_flight_.messages() > 0;
  for (int reads = 0; message_.message().size() < options_.message_bytes && reads < kReadsPerMessage; ++reads) {
    TailedFile* file = tracker_->PopReady(live_only);
    if (file == nullptr) return false;
    if (!ReadInto(file)) return true;
  }
  return true;
}

// Reads a chunk of `file`. False if the message takes no more.
bool Tailer::ReadInto(TailedFile* file) {
  ReadAllowance allowance;
  if (limiter_ != nullptr) {
    allowance = limiter_->AllowanceOf(file->source->options().name, clock_->MonotonicNanos());
  }
  absl::StatusOr<ReadResult> read = reader_.Read(file, allowance, &message_);
  if (!read.ok()) {
    tracker_->ReadFailed(file, read.status());
    return true;
  }
  if (read->outcome == ReadResult::Outcome::kReplaced) {
    bool is_under_way =
        file->batches_in_flight > 0 ||
        std::any_of(batches_.begin(), batches_.end(), [file](const SentBatch& batch) { return batch.file == file; });
    if (is_under_way && !tracker_->IsCopied(*file)) {
      retired_.push_back({file->source, file->identity, file->first_path, file->acked.offset, file->read.offset});
    }
    tracker_->Restart(file);
    return true;
  }
  file->read_failed = false;
  if (read->records > 0) {
    batches_.push_back({file, file->incarnation, file->batched, read->records});
    file->was_sent = true;
  }
  if (read->records + read->dropped() > 0) Count(*file, *read);
  if (read->dropped() > 0) tracker_->PassDropped(file);
  if (limiter_ != nullptr) {
    limiter_->Took(file->source->options().name, read->bytes, read->records + read->dropped(),
                   clock_->MonotonicNanos());
  }
  // One whose time is over, and which still waits, has nothing new: it is not asked again at once.
  if (file->flush_at != 0) {
    next_flush_ = std::min(next_flush_, std::max(file->flush_at, clock_->MonotonicNanos() + kFlushGrainNanos));
  }
  tracker_->WasRead(file, read->bytes, read->outcome == ReadResult::Outcome::kAtEnd);
  return read->outcome != ReadResult::Outcome::kMessageFull;
}

void Tailer::Count(const TailedFile& file, const ReadResult& read) {
  const std::string& source = file.source->options().name;
  const bool is_internal = file.source->options().internal;
  metrics_->lines_read.Increment(is_internal ? 0 : read.records + read.dropped());
  metrics_->bytes_read.Increment(is_internal ? 0 : static_cast<double>(read.bytes));
  if (read.invalid_utf8 > 0) metrics_->lines_not_utf8.Increment(read.invalid_utf8);
  if (read.long_line_parts > 0) metrics_->long_line_parts.Increment(read.long_line_parts);
  if (read.filtered > 0) metrics_->CountDropped(source, DropReason::kFilter, read.filtered);
  if (read.sampled_out > 0) metrics_->CountDropped(source, DropReason::kSampled, read.sampled_out);
  if (read.redactions > 0) metrics_->CountRedactions(source, read.redactions);
  if (read.parse_errors > 0) metrics_->CountParseErrors(source, read.parse_errors);
}

void Tailer::SendMessage(int64_t now) {
  SharedBytes bytes(std::move(buffer_), message_.message());
  uint64_t size = bytes.size();
  uint64_t sequence = link_->Send(std::move(bytes));
  in_flight_.Add(sequence, size, std::move(batches_));
  buffer_ = nullptr;
  batches_.clear();
  last_send_ = now;
  metrics_->bytes_in_flight.Set(static_cast<double>(in_flight_.bytes()));
}

void Tailer::OnConnected(const std::vector<v1::FileWatermark>& watermarks) {
  connected_ = true;
  for (const v1::FileWatermark& watermark : watermarks) tracker_->Learn(watermark);
  for (const Retired& retired : retired_) {
    const v1::FileWatermark* stored = tracker_->memory().Find(retired.identity);
    uint64_t end = std::max(retired.acked, stored != nullptr ? stored->end_offset() : 0);
    if (end >= retired.sent) continue;
    TailedFile gone;
    gone.source = retired.source;
    gone.first_path = retired.path;
    tracker_->notices().Lose(gone, retired.identity, LossReason::kTruncated, retired.sent - end,
                             "bytes lost: the file was truncated before they were acknowledged");
  }
  retired_.clear();
  tracker_->CompareWith(watermarks);
  tracker_->table().ForEach([this](TailedFile* file) {
    const v1::FileWatermark* stored = file->resolved ? tracker_->memory().Find(file->identity) : nullptr;
    if (stored != nullptr) tracker_->Advance(file, *stored);
  });
  tracker_->StartReading();
}

void Tailer::OnAcked(const v1::Ack& ack) {
  in_flight_.Acknowledge(
      ack, [this](const SentBatch& batch, const v1::Rejection* rejection) { OnBatchAcked(batch, rejection); });
  metrics_->bytes_in_flight.Set(static_cast<double>(in_flight_.bytes()));
  if (in_flight_.messages() == 0) retired_.clear();
}

void Tailer::OnBatchAcked(const SentBatch& batch, const v1::Rejection* rejection) {
  TailedFile* file = batch.file;
  bool is_current = batch.incarnation == file->incarnation;
  if (rejection != nullptr) {
    TailedFile* const copy = is_current ? nullptr : tracker_->RefuseBefore(*file, batch.incarnation);
    if (copy != nullptr) file = copy;
    OnRejected(file, *rejection);
  } else {
    if (!file->source->options().internal) {
      metrics_->records_acked.Increment(batch.records);
      records_acked_ += batch.records;
    }
    if (is_current) {
      tracker_->Acknowledge(file, batch.end);
      tracker_->PassDropped(file);
    } else {
      tracker_->AcknowledgeBefore(*file, batch.incarnation, batch.end);
    }
  }
  // All that was sent behind a refused batch was refused, too: now it can be read again, later.
  if (file->refused && file->batches_in_flight == 0) tracker_->Rewind(file);
}

void Tailer::OnRejected(TailedFile* file, const v1::Rejection& rejection) {
  metrics_->batches_rejected.Increment();
  file->refused = true;
  file->held_until =
      clock_->MonotonicNanos() + (rejection.code() == kInvalidArgument ? kRetryRefusedNanos : kRetryNanos);
  constexpr size_t kReasonsMax = 1000;
  if (said_rejected_.size() < kReasonsMax && said_rejected_.try_emplace(rejection.reason(), true).second) {
    log::Error("tail", "the collector refused lines of this file; they wait and are sent again",
               {{"path", file->first_path}, {"offset", rejection.first_offset()}, {"reason", rejection.reason()}});
  }
}

void Tailer::OnDisconnected() {
  connected_ = false;
  in_flight_.Clear();
  batches_.clear();
  buffer_ = nullptr;
  tracker_->Disconnected();
  tracker_->table().ForEach([this](TailedFile* file) {
    if (file->resolved && file->read.offset != file->acked.offset) tracker_->Rewind(file);
    file->refused = false;
  });
  metrics_->bytes_in_flight.Set(0);
}

}  // namespace sluice::agent
