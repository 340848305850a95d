#include "collector/log/kafka/positions.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/batch_view.h"
#include "collector/log/kafka/positions_wire.h"

namespace sluice::collector::kafka {
namespace {

constexpr std::string_view kVersion = "k1-";
// Of a cursor: some ten thousand partitions.
constexpr size_t kCursorBytesMax = 256 << 10;

absl::Status NoCursor() { return InvalidArgument("not a cursor of this collector: use one exactly as it was given"); }

}  // namespace

bool Offsets::Equals(const Places& other) const {
  const auto* offsets = dynamic_cast<const Offsets*>(&other);
  return offsets != nullptr && offsets->topics == topics;
}

int64_t Offsets::Of(std::string_view topic, int32_t partition) const {
  const auto entry = topics.find(topic);
  if (entry == topics.end() || static_cast<size_t>(partition) >= entry->second.size()) return -1;
  return entry->second[static_cast<size_t>(partition)];
}

void Offsets::Set(std::string_view topic, int32_t partition, int64_t offset) {
  auto entry = topics.find(topic);
  if (entry == topics.end()) entry = topics.emplace(std::string(topic), std::vector<int64_t>()).first;
  const auto index = static_cast<size_t>(partition);
  if (entry->second.size() <= index) entry->second.resize(index + 1, -1);
  entry->second[index] = offset;
}

Position MakePosition(std::shared_ptr<const Offsets> offsets) {
  Position position;
  if (!offsets->topics.empty()) position.places = std::move(offsets);
  return position;
}

const Offsets* OffsetsOf(const Position& position) { return dynamic_cast<const Offsets*>(position.places.get()); }

std::string FormatCursorText(std::string_view log_id, const Position& position) {
  const Offsets* offsets = OffsetsOf(position);
  const std::string packed = offsets == nullptr ? std::string() : PackOffsets(*offsets);
  return StrCat(kVersion, log_id, "-", absl::WebSafeBase64Escape(packed));
}

absl::StatusOr<Position> ParseCursorText(std::string_view log_id, std::string_view cursor) {
  if (cursor.size() > kCursorBytesMax || !cursor.starts_with(kVersion)) return NoCursor();
  cursor.remove_prefix(kVersion.size());
  const size_t dash = cursor.find('-');
  if (dash == std::string_view::npos || dash != log_id.size()) return NoCursor();
  const std::string_view id = cursor.substr(0, dash);
  std::string packed;
  const std::string_view text = cursor.substr(dash + 1);
  auto offsets = std::make_shared<Offsets>();
  if (!absl::WebSafeBase64Unescape(ToAbsl(text), &packed) || !UnpackOffsets(packed, offsets.get())) return NoCursor();
  // One text for one position: nothing is overlooked in between.
  if (absl::WebSafeBase64Escape(PackOffsets(*offsets)) != text) return NoCursor();
  if (id != log_id) {
    return FailedPrecondition("the cursor belongs to the log ", id, ", this one is ", log_id,
                              ": it is another cluster or topic_prefix; start from the beginning or a time");
  }
  return MakePosition(std::move(offsets));
}

}  // namespace sluice::collector::kafka
