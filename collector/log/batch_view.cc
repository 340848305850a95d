#include "collector/log/batch_view.h"

#include <limits>

#include "absl/status/status.h"
#include "base/status.h"
#include "base/wire.h"
#include "collector/log/wire_fields.h"

namespace sluice::collector {
namespace {

using wire::Field;
using wire::Type;

absl::Status Malformed(std::string_view what, const wire::Reader& reader) {
  return InvalidArgument(what, " is malformed at byte ", reader.position());
}

absl::Status ExpectType(const Field& field, Type type, std::string_view name) {
  if (field.type == type) return absl::OkStatus();
  return InvalidArgument(name, " has wire type ", static_cast<int>(field.type), ": allowed is only ",
                         static_cast<int>(type));
}

absl::Status ReadUint32(const Field& field, std::string_view name, uint32_t* out) {
  SLUICE_RETURN_IF_ERROR(ExpectType(field, Type::kVarint, name));
  if (field.value > std::numeric_limits<uint32_t>::max()) {
    return InvalidArgument(name, " is ", field.value, ": allowed are 32 bits");
  }
  *out = static_cast<uint32_t>(field.value);
  return absl::OkStatus();
}

absl::Status ReadUint64(const Field& field, Type type, std::string_view name, uint64_t* out) {
  SLUICE_RETURN_IF_ERROR(ExpectType(field, type, name));
  *out = field.value;
  return absl::OkStatus();
}

absl::Status ReadBytes(const Field& field, std::string_view name, std::string_view* out) {
  SLUICE_RETURN_IF_ERROR(ExpectType(field, Type::kBytes, name));
  *out = field.bytes;
  return absl::OkStatus();
}

absl::Status ParseFile(std::string_view bytes, FileKey* file) {
  wire::Reader reader(bytes);
  Field field;
  while (reader.Next(&field)) {
    switch (field.number) {
      case file_fields::kDevice:
        SLUICE_RETURN_IF_ERROR(ReadUint64(field, Type::kVarint, "file.device", &file->device));
        break;
      case file_fields::kInode:
        SLUICE_RETURN_IF_ERROR(ReadUint64(field, Type::kVarint, "file.inode", &file->inode));
        break;
      case file_fields::kBirthTime:
        SLUICE_RETURN_IF_ERROR(
            ReadUint64(field, Type::kFixed64, "file.birth_time_unix_nano", &file->birth_time_unix_nano));
        break;
      case file_fields::kGeneration:
        SLUICE_RETURN_IF_ERROR(ReadUint32(field, "file.generation", &file->generation));
        break;
      default:
        break;
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed("file", reader);
}

absl::Status ParseSummary(std::string_view bytes, BatchView* view) {
  wire::Reader reader(bytes);
  Field field;
  while (reader.Next(&field)) {
    switch (field.number) {
      case summary_fields::kCount:
        SLUICE_RETURN_IF_ERROR(ReadUint32(field, "summary.count", &view->count));
        break;
      case summary_fields::kSeverities:
        SLUICE_RETURN_IF_ERROR(ReadUint32(field, "summary.severities", &view->severities));
        break;
      case summary_fields::kMinTime:
        SLUICE_RETURN_IF_ERROR(
            ReadUint64(field, Type::kFixed64, "summary.min_time_unix_nano", &view->min_time_unix_nano));
        break;
      case summary_fields::kMaxTime:
        SLUICE_RETURN_IF_ERROR(
            ReadUint64(field, Type::kFixed64, "summary.max_time_unix_nano", &view->max_time_unix_nano));
        break;
      default:
        break;
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed("summary", reader);
}

absl::Status ParseSharedField(const Field& field, BatchView* view) {
  switch (field.number) {
    case batch_fields::kTopic:
      return ReadBytes(field, "topic", &view->topic);
    case batch_fields::kAgent:
      return ReadBytes(field, "agent", &view->agent);
    case batch_fields::kPath:
      return ReadBytes(field, "path", &view->path);
    case batch_fields::kFile:
      SLUICE_RETURN_IF_ERROR(ExpectType(field, Type::kBytes, "file"));
      return ParseFile(field.bytes, &view->file);
    case batch_fields::kFirstOffset:
      return ReadUint64(field, Type::kVarint, "first_offset", &view->first_offset);
    case batch_fields::kEndOffset:
      return ReadUint64(field, Type::kVarint, "end_offset", &view->end_offset);
    case batch_fields::kSummary:
      SLUICE_RETURN_IF_ERROR(ExpectType(field, Type::kBytes, "summary"));
      return ParseSummary(field.bytes, view);
    case batch_fields::kHead:
      return ReadBytes(field, "head", &view->head);
    case batch_fields::kFrontier:
      return ReadBytes(field, "frontier", &view->frontier);
    default:
      return absl::OkStatus();
  }
}

bool IsTopicCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

absl::StatusOr<BatchView> BatchView::Parse(std::string_view bytes) {
  BatchView view;
  view.bytes = bytes;
  wire::Reader reader(bytes);
  Field field;
  uint32_t seen = 0;  // bit n: field n
  size_t field_begin = 0;
  while (reader.Next(&field)) {
    if (field.number == batch_fields::kRecords) {
      SLUICE_RETURN_IF_ERROR(ExpectType(field, Type::kBytes, "records"));
      view.records_begin = field_begin;
      return view;
    }
    if (field.number < 32 && field.number != batch_fields::kLabels) {
      // Protobuf would merge or overwrite; for us a batch says everything once.
      if ((seen >> field.number & 1) != 0) {
        return InvalidArgument("field ", field.number, " stands twice in the batch, the second time at byte ",
                               field_begin);
      }
      seen |= 1u << field.number;
    }
    SLUICE_RETURN_IF_ERROR(ParseSharedField(field, &view));
    field_begin = reader.position();
  }
  if (!reader.ok()) return Malformed("the batch", reader);
  view.records_begin = bytes.size();
  return view;
}

absl::Status CheckTopicName(std::string_view topic) {
  if (topic.empty()) return InvalidArgument("the topic is empty");
  if (topic.size() > kTopicNameBytesMax) {
    return InvalidArgument("the topic has ", topic.size(), " characters: allowed are ", kTopicNameBytesMax);
  }
  if (topic == "." || topic == "..") {
    return InvalidArgument("'", topic, "' is no topic");
  }
  for (size_t i = 0; i < topic.size(); ++i) {
    if (IsTopicCharacter(topic[i])) continue;
    return InvalidArgument("the topic has byte ", static_cast<int>(static_cast<uint8_t>(topic[i])), " at character ",
                           i + 1, ": allowed are A-Z a-z 0-9 . _ -");
  }
  return absl::OkStatus();
}

absl::Status CheckAgentId(std::string_view agent) {
  if (agent.empty()) return InvalidArgument("the agent's id is empty");
  if (agent.size() > kAgentIdBytesMax) {
    return InvalidArgument("the agent's id has ", agent.size(), " characters: allowed are ", kAgentIdBytesMax);
  }
  for (size_t i = 0; i < agent.size(); ++i) {
    if (IsTopicCharacter(agent[i]) || agent[i] == ':') continue;
    return InvalidArgument("the agent's id has byte ", static_cast<int>(static_cast<uint8_t>(agent[i])),
                           " at character ", i + 1, ": allowed are A-Z a-z 0-9 . _ : -");
  }
  return absl::OkStatus();
}

}  // namespace sluice::collector
