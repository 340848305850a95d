// What a collector would refuse is refused before it is taken, with the reason.
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "consumer/client/publish_queue.h"
#include "consumer/client/publisher.h"

namespace sluice::client {
namespace {

constexpr size_t kTopicBytesMax = 249;

bool IsTopicCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

absl::Status CheckTopicName(std::string_view topic) {
  bool good = !topic.empty() && topic.size() <= kTopicBytesMax && topic != "." && topic != "..";
  for (char c : topic) good = good && IsTopicCharacter(c);
  if (good) return absl::OkStatus();
  return InvalidArgument("topic ", Quoted(topic), ": allowed are 1 to ", kTopicBytesMax,
                         " characters of [A-Za-z0-9._-], not \".\" or \"..\"");
}

absl::Status CheckRecord(absl::Time now, v1::LogRecord* record) {
  if (!IsValidUtf8(record->body())) {
    if (record->raw_body().empty()) record->set_raw_body(record->body());
    record->set_body(ReplaceInvalidUtf8(record->body()));
  }
  if (!IsValidUtf8(record->severity_text())) return InvalidArgument("severity_text is not UTF-8");
  if (!v1::Severity_IsValid(record->severity())) {
    return InvalidArgument("severity is ", static_cast<int>(record->severity()), ": allowed are 0 to 24");
  }
  for (const auto& [key, value] : record->attributes()) {
    if (IsValidUtf8(key) && IsValidUtf8(value)) continue;
    return InvalidArgument("attributes: ", Quoted(key), " or its value ", Quoted(value), " is not UTF-8");
  }
  if (record->time_unix_nano() == 0) record->set_time_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(now)));
  record->clear_offset();
  if (const size_t bytes = record->ByteSizeLong(); bytes > kPublishedRecordBytesMax) {
    return InvalidArgument("the record has ", bytes, " bytes: allowed are ", kPublishedRecordBytesMax,
                           "; send what is longer in parts (LogRecord.part)");
  }
  return absl::OkStatus();
}

}  // namespace sluice::client
