#include "consumer/client/resume.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "base/status.h"

namespace sluice::client {
namespace {

void SetTimestamp(absl::Time time, google::protobuf::Timestamp* timestamp) {
  int64_t seconds = absl::ToUnixSeconds(time);
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

uint64_t ToUnixNanos(const google::protobuf::Timestamp& timestamp) {
  if (timestamp.seconds() < 0) return 0;
  return static_cast<uint64_t>(timestamp.seconds()) * 1'000'000'000 + timestamp.nanos();
}

}  // namespace

Start Start::Beginning() {
  Start start;
  start.proto_.set_beginning(true);
  return start;
}

Start Start::End() {
  Start start;
  start.proto_.set_end(true);
  return start;
}

Start Start::At(absl::Time time) {
  Start start;
  // The wire knows the years 1 to 9999; before the epoch there are no records.
  time = std::clamp(time, absl::UnixEpoch(), absl::FromUnixSeconds(253'402'300'799));
  SetTimestamp(time, start.proto_.mutable_time());
  return start;
}

Start Start::After(std::string cursor) {
  Start start;
  start.proto_.set_cursor(std::move(cursor));
  return start;
}

Resume::Resume(const SubscribeOptions& options) : limit_(options.limit) {
  request_.mutable_topics()->Add(options.topics.begin(), options.topics.end());
  request_.set_min_severity(options.min_severity);
  request_.set_follow(options.follow);
  request_.set_contains(options.contains);
  request_.set_regex(options.regex);
  request_.set_group(options.group);
  if (options.start.proto().at_case() != v1::Start::AT_NOT_SET) *request_.mutable_start() = options.start.proto();
  if (options.start.proto().has_time()) min_time_unix_nano_ = ToUnixNanos(options.start.proto().time());
  if (options.start.proto().has_cursor()) cursor_ = options.start.proto().cursor();
  if (options.end_time != absl::InfiniteFuture()) SetTimestamp(options.end_time, request_.mutable_end_time());
}

const v1::SubscribeRequest& Resume::NextRequest() {
  sent_on_stream_ = 0;
  if (!cursor_.empty() && request_.group().empty()) request_.mutable_start()->set_cursor(cursor_);
  request_.set_limit(limit_ - delivered_);
  return request_;
}

absl::Status Resume::Deliver(const Response& response) {
  size_t records = response.batch.records().size();
  if (limit_ != 0 && records > limit_ - delivered_) {
    return DataLoss("the collector sent ", records, " records where the limit leaves ", limit_ - delivered_);
  }
  delivered_ += records;
  sent_on_stream_ += response.records_sent;
  cursor_ = response.cursor;
  return absl::OkStatus();
}

Resume::StreamEnd Resume::OnStreamEnd() const {
  if (complete()) return StreamEnd::kDone;
  if (limit_ != 0 && sent_on_stream_ >= request_.limit()) return StreamEnd::kAgain;
  return request_.follow() ? StreamEnd::kEarly : StreamEnd::kDone;
}

bool IsPermanent(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kDataLoss:
      return true;
    case absl::StatusCode::kResourceExhausted:
      // gRPC's own word for a message above message_bytes_max: it would be as large the next time.
      return absl::StrContains(status.message(), "larger than max");
    default:
      return false;
  }
}

}  // namespace sluice::client
