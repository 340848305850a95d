#include "consumer/client/response.h"

#include <utility>

#include "base/status.h"
#include "base/text.h"
#include "base/wire.h"

namespace sluice::client {
namespace {

using v1::SubscribeResponse;

template <typename Message>
absl::Status ParseSmall(std::string_view bytes, std::string_view name, Message* message) {
  if (message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  return DataLoss("malformed ", name, " from the collector (", bytes.size(), " bytes)");
}

}  // namespace

absl::Status Response::TakeMessage(uint32_t field, std::string_view bytes, uint64_t min_time) {
  switch (field) {
    case SubscribeResponse::kBatchFieldNumber: {
      SLUICE_ASSIGN_OR_RETURN(batch, Batch::Parse(bytes, min_time));
      kind = Kind::kBatch;
      records_sent = batch.records_.size() + batch.left_out_;
      return absl::OkStatus();
    }
    case SubscribeResponse::kProgressFieldNumber:
      kind = Kind::kProgress;
      return ParseSmall(bytes, "Progress", &progress);
    case SubscribeResponse::kMembershipFieldNumber:
      kind = Kind::kMembership;
      return ParseSmall(bytes, "Membership", &membership);
    default:
      kind = Kind::kOmitted;
      return ParseSmall(bytes, "Omitted", &omitted);
  }
}

absl::StatusOr<Response> Response::Parse(std::string_view bytes, uint64_t min_time_unix_nano) {
  Response response;
  wire::Reader reader(bytes);
  wire::Field field;
  while (reader.Next(&field)) {
    if (field.type != wire::Type::kBytes) continue;
    if (field.number == SubscribeResponse::kCursorFieldNumber) {
      if (!IsValidUtf8(field.bytes)) return DataLoss("malformed cursor from the collector: not UTF-8");
      response.cursor = field.bytes;
    } else if (field.number <= SubscribeResponse::kMembershipFieldNumber) {
      if (response.kind != Kind::kOther) {
        return DataLoss("malformed SubscribeResponse from the collector: a second message at byte ",
                        reader.position() - field.bytes.size());
      }
      SLUICE_RETURN_IF_ERROR(response.TakeMessage(field.number, field.bytes, min_time_unix_nano));
    }
  }
  if (!reader.ok()) {
    return DataLoss("malformed SubscribeResponse from the collector: bad framing at byte ", reader.position(), " of ",
                    bytes.size());
  }
  if (response.cursor.empty()) {
    return DataLoss("malformed SubscribeResponse from the collector: it has no cursor, so nothing could resume");
  }
  return response;
}

}  // namespace sluice::client
