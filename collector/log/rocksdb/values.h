// The values of the database, in protobuf's wire format so that later versions can add fields; see
// docs/storage-format.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/log/batch_view.h"

namespace sluice::collector {

// Of each batch.
struct IndexEntry {
  int64_t append_unix_nano = 0;
  uint32_t bytes = 0;
  uint32_t records = 0;

  std::string Encode() const;
  static std::optional<IndexEntry> Decode(std::string_view value);
  friend bool operator==(const IndexEntry&, const IndexEntry&) = default;
};

// What was ever appended to a topic. Written with each batch.
struct TopicAppended {
  std::string name;
  uint64_t last_sequence = 0;
  int64_t last_append_unix_nano = 0;
  uint64_t records = 0;
  uint64_t bytes = 0;

  std::string Encode() const;
  static std::optional<TopicAppended> Decode(std::string_view value);
  friend bool operator==(const TopicAppended&, const TopicAppended&) = default;
};

// What the retention ever took of a topic. Written when it takes something.
struct TopicDropped {
  // How many records were gone when the retention took the batch `sequence`.
  struct Step {
    uint64_t sequence = 0;
    uint64_t records_before = 0;
    friend bool operator==(const Step&, const Step&) = default;
  };

  uint64_t through_sequence = 0;  // everything up to here
  uint64_t records = 0;
  uint64_t bytes = 0;
  std::vector<Step> steps;  // the last ones, oldest first

  std::string Encode() const;
  static std::optional<TopicDropped> Decode(std::string_view value);
  friend bool operator==(const TopicDropped&, const TopicDropped&) = default;
};

// How far a file is stored, and since when.
struct WatermarkValue {
  int64_t append_unix_nano = 0;
  std::string_view watermark;  // a v1.FileWatermark

  static std::string Encode(int64_t append_unix_nano, const BatchView& last);
  static std::optional<WatermarkValue> Decode(std::string_view value);
  // The end_offset of a FileWatermark.
  static std::optional<uint64_t> EndOffset(std::string_view watermark);
};

}  // namespace sluice::collector
