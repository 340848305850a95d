// The keys of the database; see docs/storage-format.md. Big-endian, so that they sort as numbers do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/log/batch_view.h"

namespace sluice::collector::keys {

// Column family `batches`: every batch, in the order of the log.
struct Batch {
  uint64_t sequence = 0;
  uint32_t topic = 0;
};
std::string EncodeBatch(uint64_t sequence, uint32_t topic);
std::optional<Batch> DecodeBatch(std::string_view key);

// Column family `index`: the batches of each topic.
struct Index {
  uint32_t topic = 0;
  uint64_t sequence = 0;
};
std::string EncodeIndex(uint32_t topic, uint64_t sequence);
std::optional<Index> DecodeIndex(std::string_view key);

// Column family `watermarks`: the files of each agent.
std::string EncodeWatermark(std::string_view agent, const FileKey& file);
// What the keys of an agent begin with, and what follows all of them.
std::string WatermarkPrefix(std::string_view agent);
std::string WatermarkEnd(std::string_view agent);
// Empty if it is no such key.
std::string_view WatermarkAgent(std::string_view key);

// Column family `default`.
inline constexpr std::string_view kFormat = "format";
inline constexpr std::string_view kLogId = "log_id";
inline constexpr std::string_view kAppendedPrefix = "t";  // what was appended to a topic
inline constexpr std::string_view kDroppedPrefix = "d";   // what the retention took of a topic
inline constexpr std::string_view kCommitPrefix = "a";    // when a commit was
inline constexpr std::string_view kGroupPrefix = "g";     // a consumer group; its name follows
std::string EncodeTopic(std::string_view prefix, uint32_t topic);
std::optional<uint32_t> DecodeTopic(std::string_view prefix, std::string_view key);

struct Commit {
  int64_t append_unix_nano = 0;
  uint64_t first_sequence = 0;
};
std::string EncodeCommit(const Commit& commit);
std::optional<Commit> DecodeCommit(std::string_view key);

}  // namespace sluice::collector::keys
