#include "collector/subscribe/subscription.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/status.h"
#include "collector/subscribe/batch_selection.h"

namespace sluice::collector {
namespace {

// What looking at a batch's summary costs, in bytes looked at.
constexpr size_t kSummaryCostBytes = 256;

v1::OmittedReason ToProto(Omission::Reason reason) {
  switch (reason) {
    case Omission::Reason::kRetention:
      return v1::OMITTED_REASON_RETENTION;
    case Omission::Reason::kCorruption:
      return v1::OMITTED_REASON_CORRUPTION;
    case Omission::Reason::kNone:
      break;
  }
  return v1::OMITTED_REASON_UNSPECIFIED;
}

}  // namespace

Subscription::Subscription(Request request, SubscriptionLimits limits, EventLog* log, const Clock* clock)
    : request_(std::move(request)),
      limits_(limits),
      log_(log),
      clock_(clock),
      reader_(log->NewReader(
          request_.start, [filter = request_.filter](std::string_view topic) { return filter->MatchesTopic(topic); })),
      records_left_(request_.limit == 0 ? std::numeric_limits<uint64_t>::max() : request_.limit),
      last_sent_nano_(clock->MonotonicNanos()) {}

absl::StatusOr<Subscription::Step> Subscription::Advance(Message* message) {
  if (ended_) return Step::kEnd;
  size_t scanned = 0;
  while (scanned < limits_.scan_bytes) {
    if (next_batch_ == batches_.size()) SLUICE_RETURN_IF_ERROR(Read());
    if (omission_.reason != Omission::Reason::kNone) {
      SendOmitted(message);
      return Step::kSend;
    }
    if (batches_.empty()) return CaughtUp(message);
    const StoredBatch& batch = batches_[next_batch_];
    const bool taken = !request_.takes || request_.takes(batch.view);
    const Filter::Verdict verdict = taken ? request_.filter->Judge(batch.view) : Filter::Verdict::kNone;
    scanned += verdict == Filter::Verdict::kNone ? kSummaryCostBytes : batch.bytes.size();
    if (TakeBatch(batch, verdict, message)) return Step::kSend;
  }
  if (!IntervalPassed()) return Step::kYield;
  SendCursor(message);
  return Step::kSend;
}

absl::Status Subscription::Read() {
  batches_.clear();
  next_batch_ = 0;
  next_record_ = 0;
  omission_ = Omission();
  SLUICE_RETURN_IF_ERROR(Annotate(reader_->Read(limits_.read_bytes, &batches_, &omission_), "read the log"));
  next_record_ = reader_->passed_records();
  return absl::OkStatus();
}

// Looks at the rest of the next batch. True if `message` has something of it.
bool Subscription::TakeBatch(const StoredBatch& batch, Filter::Verdict verdict, Message* message) {
  const BatchView& view = batch.view;
  Selection selection;
  selection.end = view.count;
  if (verdict == Filter::Verdict::kAll && next_record_ == 0 && view.count <= records_left_ &&
      batch.bytes.size() <= limits_.response_bytes) {
    selection.pieces = {batch.bytes};
    selection.records = view.count;
  } else if (verdict != Filter::Verdict::kNone && next_record_ < view.count) {
    selection = SelectRecords(batch, {next_record_, records_left_, limits_.response_bytes},
                              verdict == Filter::Verdict::kAll ? nullptr : request_.filter.get());
  }
  progress_.set_records_scanned(progress_.records_scanned() + selection.end - std::min(next_record_, selection.end));
  const size_t index = next_batch_;
  next_record_ = selection.end;
  if (selection.end >= view.count) {
    progress_.set_bytes_scanned(progress_.bytes_scanned() + batch.bytes.size());
    next_record_ = 0;
    ++next_batch_;
  }
  if (selection.records == 0) return false;
  records_left_ -= selection.records;
  ended_ = records_left_ == 0;
  Send(std::move(selection.pieces), reader_->PositionAfter(index, selection.end), selection.records, message);
  return true;
}

void Subscription::Send(std::vector<SharedBytes> pieces, const Position& cursor, uint64_t records, Message* message) {
  *message = Message();
  message->response = BatchResponse(std::move(pieces), Mark(log_->FormatCursor(cursor), records));
  message->records = records;
  records_sent_ = true;
  last_sent_nano_ = clock_->MonotonicNanos();
}

void Subscription::SendOmitted(Message* message) {
  v1::SubscribeResponse response;
  v1::Omitted* omitted = response.mutable_omitted();
  omitted->set_reason(ToProto(omission_.reason));
  omitted->set_records(omission_.records);
  omitted->set_topic(omission_.topic);
  omitted->set_detail(omission_.detail);
  response.set_cursor(Mark(cursor(), 0));
  *message = Message();
  message->response = WholeResponse(response);
  message->omission = omission_.reason;
  message->records_omitted = omission_.records;
  omission_ = Omission();
  last_sent_nano_ = clock_->MonotonicNanos();
}

void Subscription::SendProgress(Message* message) {
  v1::SubscribeResponse response;
  *response.mutable_progress() = std::exchange(progress_, v1::Progress());
  progress_cursor_ = cursor();
  response.set_cursor(Mark(progress_cursor_, 0));
  *message = Message();
  message->progress = true;
  message->response = WholeResponse(response);
  progress_sent_ = true;
  progress_due_ = false;
  records_sent_ = false;
  last_sent_nano_ = clock_->MonotonicNanos();
}

// A message with nothing but a cursor: not caught up, nothing found, but so far.
void Subscription::SendCursor(Message* message) {
  v1::SubscribeResponse response;
  response.set_cursor(Mark(cursor(), 0));
  *message = Message();
  message->response = WholeResponse(response);
  last_sent_nano_ = clock_->MonotonicNanos();
}

Subscription::Step Subscription::CaughtUp(Message* message) {
  if (!request_.follow) {
    ended_ = true;
    SendProgress(message);
    return Step::kSend;
  }
  const bool news = !progress_sent_ || records_sent_ || cursor() != progress_cursor_;
  if (news && (!progress_sent_ || records_sent_ || IntervalPassed())) {
    SendProgress(message);
    return Step::kSend;
  }
  progress_due_ = news;
  return Step::kWait;
}

std::string Subscription::Mark(std::string cursor, uint64_t records) const {
  return request_.mark_cursor ? request_.mark_cursor(std::move(cursor), records) : cursor;
}

Position Subscription::Here() const {
  if (next_batch_ < batches_.size()) return reader_->PositionAfter(next_batch_, next_record_);
  return reader_->position();
}

}  // namespace sluice::collector
