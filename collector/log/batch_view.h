// A LogBatch as it came over the wire: its shared fields read, its records left as bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::collector {

// Which file of which agent, by the fields of FileIdentity.
struct FileKey {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t birth_time_unix_nano = 0;
  uint32_t generation = 0;

  friend bool operator==(const FileKey&, const FileKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const FileKey& k) {
    return H::combine(std::move(h), k.device, k.inode, k.birth_time_unix_nano, k.generation);
  }
};

// All views point into the bytes given to Parse. Value type.
struct BatchView {
  std::string_view bytes;  // the whole LogBatch
  std::string_view topic;
  std::string_view agent;
  std::string_view path;
  FileKey file;
  uint64_t first_offset = 0;
  uint64_t end_offset = 0;
  uint32_t count = 0;       // from the summary
  uint32_t severities = 0;  // bit n: a record of severity n
  uint64_t min_time_unix_nano = 0;
  uint64_t max_time_unix_nano = 0;
  std::string_view head;  // ContentHash messages, still encoded
  std::string_view frontier;
  // Bytes of the shared fields before the first record. If no shared field stands behind a record, bytes is
  // shared + the record fields.
  size_t records_begin = 0;

  // Reads the shared fields up to the first record; takes about as long for a batch of a thousand records as for one.
  // InvalidArgument with the byte where it is malformed, or with the field that is not of its type or stands twice.
  static absl::StatusOr<BatchView> Parse(std::string_view bytes);
};

// How many records of each severity, by its number.
using SeverityCounts = std::array<uint32_t, 25>;

// For batches that come from outside: everything that readers will rely on. InvalidArgument with the field, what was
// found and what is allowed:
//   well-formed framing of the batch and of every record (and of their maps); UTF-8 in every string field; a legal
//   topic and agent id; first_offset < end_offset; record offsets ascending inside [first_offset, end_offset); records
//   behind all shared fields; the summary true (count, severities, times); at least one record.
// Counts the records in `by_severity`, if that is asked for: it looks at each one anyway.
absl::Status ValidateBatch(const BatchView& batch, SeverityCounts* by_severity = nullptr);

// What the summary of a batch with certain records has to say.
struct RecordTotals {
  uint32_t count = 0;
  uint32_t severities = 0;
  uint64_t min_time_unix_nano = 0;
  uint64_t max_time_unix_nano = 0;
};
// For who makes a batch: the two halves of ValidateBatch. `records`: their fields, one behind the other; at least one.
absl::StatusOr<RecordTotals> ValidateRecords(std::string_view records, uint64_t first_offset, uint64_t end_offset);
absl::Status ValidateSharedFields(const BatchView& batch);

inline constexpr size_t kTopicNameBytesMax = 249;
inline constexpr size_t kAgentIdBytesMax = 128;

// 1 to 249 characters of [A-Za-z0-9._-], not "." or "..": what Kafka allows, too.
absl::Status CheckTopicName(std::string_view topic);
// 1 to 128 characters of [A-Za-z0-9._:-].
absl::Status CheckAgentId(std::string_view agent);

// Ids that are made at random and do not come back begin with it; what is known of their files is forgotten a while
// after the last batch.
inline constexpr std::string_view kEphemeralAgentPrefix = "ephemeral:";
inline bool IsEphemeralAgent(std::string_view agent) { return agent.starts_with(kEphemeralAgentPrefix); }
// Of programs that publish records of their own.
inline bool IsPublisher(std::string_view agent) { return IsEphemeralAgent(agent) || agent.starts_with("publisher:"); }

}  // namespace sluice::collector
