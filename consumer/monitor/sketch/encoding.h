// Writes the sketches' bytes: protobuf's wire format, which wire::Reader reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/wire.h"

namespace sluice::monitor::sketch {

inline void AppendVarint(uint64_t value, std::string* out) {
  char bytes[10];
  out->append(bytes, wire::WriteVarint(bytes, value));
}

inline void AppendField(uint32_t number, uint64_t value, std::string* out) {
  AppendVarint(wire::Tag(number, wire::Type::kVarint), out);
  AppendVarint(value, out);
}

inline void AppendField(uint32_t number, std::string_view bytes, std::string* out) {
  AppendVarint(wire::Tag(number, wire::Type::kBytes), out);
  AppendVarint(bytes.size(), out);
  out->append(bytes);
}

// Takes a varint off the front of `bytes`; false if there is none.
inline bool TakeVarint(std::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace sluice::monitor::sketch
