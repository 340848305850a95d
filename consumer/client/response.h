// A SubscribeResponse as it came, taken apart in place.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "consumer/client/batch.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::client {

struct Response {
  // kOther: a message that this client does not know; only its cursor counts.
  enum class Kind { kBatch, kProgress, kOmitted, kMembership, kOther };

  Kind kind = Kind::kOther;
  Batch batch;  // points into the bytes
  v1::Progress progress;
  v1::Omitted omitted;
  v1::Membership membership;
  std::string_view cursor;  // points into the bytes; never empty
  // Records that the batch really had, also those that were left out because of their time.
  size_t records_sent = 0;

  // Never trusts: DataLoss says what is malformed, and where. Leaves out the records before `min_time_unix_nano`.
  static absl::StatusOr<Response> Parse(std::string_view bytes, uint64_t min_time_unix_nano);

 private:
  absl::Status TakeMessage(uint32_t field, std::string_view bytes, uint64_t min_time);
};

}  // namespace sluice::client
