#include "collector/log/kafka/positions_wire.h"

#include <cstdint>
#include <vector>

#include "base/wire.h"
#include "collector/log/batch_view.h"
#include "collector/log/kafka/positions.h"

namespace sluice::collector::kafka {
namespace {

constexpr uint64_t kPartitionsMax = 100'000;

void PutVarint(uint64_t value, std::string* out) {
  char buffer[10];
  out->append(buffer, wire::WriteVarint(buffer, value));
}

bool TakeVarint(std::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

std::string PackOffsets(const Offsets& offsets) {
  std::string out;
  for (const auto& [topic, partitions] : offsets.topics) {
    PutVarint(topic.size(), &out);
    out += topic;
    PutVarint(partitions.size(), &out);
    for (const int64_t offset : partitions) PutVarint(static_cast<uint64_t>(offset + 1), &out);
  }
  return out;
}

bool UnpackOffsets(std::string_view bytes, Offsets* offsets) {
  while (!bytes.empty()) {
    uint64_t size = 0;
    uint64_t count = 0;
    if (!TakeVarint(&bytes, &size) || size > bytes.size()) return false;
    const std::string_view topic = bytes.substr(0, size);
    bytes.remove_prefix(size);
    if (!CheckTopicName(topic).ok() || !TakeVarint(&bytes, &count) || count == 0 || count > kPartitionsMax)
      return false;
    std::vector<int64_t>& partitions = offsets->topics[std::string(topic)];
    if (!partitions.empty() || count > bytes.size()) return false;
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t offset = 0;
      if (!TakeVarint(&bytes, &offset) || offset > uint64_t{1} << 62) return false;
      partitions.push_back(static_cast<int64_t>(offset) - 1);
    }
  }
  return true;
}

}  // namespace sluice::collector::kafka
