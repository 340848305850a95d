#include "collector/ingest/push_envelope.h"

#include "base/status.h"
#include "base/strings.h"
#include "base/wire.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::collector {
namespace {

using v1::PushRequest;

absl::Status Malformed(size_t position, std::string_view problem) {
  return InvalidArgument("malformed PushRequest at byte ", position, ": ", problem);
}

// What `field` has to look like, or empty if it does.
std::string_view WrongType(const wire::Field& field) {
  switch (field.number) {
    case PushRequest::kHelloFieldNumber:
      return field.type == wire::Type::kBytes ? "" : "hello is no message";
    case PushRequest::kStatusFieldNumber:
      return field.type == wire::Type::kBytes ? "" : "status is no message";
    case PushRequest::kSequenceFieldNumber:
      return field.type == wire::Type::kVarint ? "" : "sequence is no varint";
    case PushRequest::kBatchesFieldNumber:
      return field.type == wire::Type::kBytes ? "" : "batches is no message";
    default:
      return "";
  }
}

}  // namespace

absl::StatusOr<PushEnvelope> ParsePushEnvelope(std::string_view message) {
  PushEnvelope envelope;
  wire::Reader reader(message);
  wire::Field field;
  size_t start = 0;
  while (reader.Next(&field)) {
    if (std::string_view problem = WrongType(field); !problem.empty()) return Malformed(start, problem);
    switch (field.number) {
      case PushRequest::kHelloFieldNumber:
        if (envelope.hello.has_value()) return Malformed(start, "hello is there twice");
        envelope.hello = field.bytes;
        break;
      case PushRequest::kStatusFieldNumber:
        if (envelope.status.has_value()) return Malformed(start, "status is there twice");
        envelope.status = field.bytes;
        break;
      case PushRequest::kSequenceFieldNumber:
        envelope.sequence = field.value;
        break;
      case PushRequest::kBatchesFieldNumber:
        if (envelope.batches.size() == kBatchesPerMessageMax) {
          return Malformed(start, StrCat("more than ", kBatchesPerMessageMax, " batches"));
        }
        envelope.batches.push_back(field.bytes);
        break;
      default:
        break;
    }
    start = reader.position();
  }
  if (!reader.ok()) return Malformed(reader.position(), "no well-formed field");
  return envelope;
}

}  // namespace sluice::collector
