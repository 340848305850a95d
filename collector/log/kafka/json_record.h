// A LogRecord as JSON: protobuf's own JSON mapping, written without unpacking the record.
#pragma once

#include <string>
#include <string_view>

namespace sluice::collector::kafka {

// Appends `text` (UTF-8) as a JSON string.
void AppendJsonString(std::string_view text, std::string* out);

// Appends the JSON object of a serialised, validated LogRecord.
void AppendJsonRecord(std::string_view record, std::string* out);

}  // namespace sluice::collector::kafka
