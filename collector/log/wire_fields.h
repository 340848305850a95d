// The field numbers of proto/sluice/v1/log.proto, for code that reads or writes batches without unpacking them.
// batch_view_test.cc compares them with the generated classes.
#pragma once

#include <cstdint>

namespace sluice::collector {

namespace batch_fields {
inline constexpr uint32_t kTopic = 1;
inline constexpr uint32_t kAgent = 2;
inline constexpr uint32_t kHost = 3;
inline constexpr uint32_t kPath = 4;
inline constexpr uint32_t kSource = 5;
inline constexpr uint32_t kLabels = 6;
inline constexpr uint32_t kFile = 7;
inline constexpr uint32_t kFirstOffset = 8;
inline constexpr uint32_t kEndOffset = 9;
inline constexpr uint32_t kSummary = 10;
inline constexpr uint32_t kHead = 11;
inline constexpr uint32_t kFrontier = 12;
inline constexpr uint32_t kSkippedBytes = 13;
inline constexpr uint32_t kRecords = 1000;
}  // namespace batch_fields

namespace file_fields {
inline constexpr uint32_t kDevice = 1;
inline constexpr uint32_t kInode = 2;
inline constexpr uint32_t kBirthTime = 3;
inline constexpr uint32_t kGeneration = 4;
}  // namespace file_fields

namespace hash_fields {
inline constexpr uint32_t kLength = 1;
inline constexpr uint32_t kXxh3 = 2;
}  // namespace hash_fields

namespace summary_fields {
inline constexpr uint32_t kCount = 1;
inline constexpr uint32_t kSeverities = 2;
inline constexpr uint32_t kMinTime = 3;
inline constexpr uint32_t kMaxTime = 4;
}  // namespace summary_fields

namespace record_fields {
inline constexpr uint32_t kTime = 1;
inline constexpr uint32_t kSeverity = 2;
inline constexpr uint32_t kSeverityText = 3;
inline constexpr uint32_t kBody = 4;
inline constexpr uint32_t kAttributes = 5;
inline constexpr uint32_t kOffset = 6;
inline constexpr uint32_t kRawBody = 7;
inline constexpr uint32_t kPart = 8;
}  // namespace record_fields

namespace map_fields {
inline constexpr uint32_t kKey = 1;
inline constexpr uint32_t kValue = 2;
}  // namespace map_fields

}  // namespace sluice::collector
