// Where a reader of Kafka is: an offset for each partition, and the cursor that says so.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/log/event_log.h"

namespace sluice::collector::kafka {

// By topic (without the prefix): everything before the offset of each partition is read. A topic or a partition that is
// not in it is read from its beginning: so those that are made later are not missed.
struct Offsets final : public Position::Places {
  bool Equals(const Places& other) const override;
  std::map<std::string, std::vector<int64_t>, std::less<>> topics;
  // -1: from the beginning.
  int64_t Of(std::string_view topic, int32_t partition) const;
  void Set(std::string_view topic, int32_t partition, int64_t offset);
};

Position MakePosition(std::shared_ptr<const Offsets> offsets);
// Null for Position() (and no other engine's come here).
const Offsets* OffsetsOf(const Position& position);

// "k1-<id of the log>-<what Offsets holds, in base64url>".
std::string FormatCursorText(std::string_view log_id, const Position& position);
// InvalidArgument if it is no cursor, FailedPrecondition if it belongs to another log.
absl::StatusOr<Position> ParseCursorText(std::string_view log_id, std::string_view cursor);

}  // namespace sluice::collector::kafka
