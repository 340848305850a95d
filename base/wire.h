// Protobuf's wire format, read and written in place: for the hot path, where generated classes would copy every line.
// The generated classes stay the oracle: wire_test compares.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice::wire {

enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

constexpr uint32_t Tag(uint32_t field, Type type) { return field << 3 | static_cast<uint32_t>(type); }

constexpr size_t VarintSize(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) * 9 + 64) / 64;  // 7 bits in each byte
}

// Writers append at `out`, which must have room (10 bytes for a varint), and return the new end.
inline char* WriteVarint(char* out, uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline char* WriteFixed64(char* out, uint64_t value) {
  std::memcpy(out, &value, sizeof value);  // little-endian hosts only, as the build checks
  return out + sizeof value;
}

inline char* WriteBytes(char* out, std::string_view bytes) {
  out = WriteVarint(out, bytes.size());
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

// One field of a message. `value` for varint and fixed types, `bytes` for length-delimited ones (a view into the
// input).
struct Field {
  uint32_t number = 0;
  Type type = Type::kVarint;
  uint64_t value = 0;
  std::string_view bytes;
};

// Walks the fields of a message, never outside of it.
//
//   Reader reader(message);
//   Field field;
//   while (reader.Next(&field)) { … }
//   if (!reader.ok()) → malformed at byte reader.position()
class Reader {
 public:
  explicit Reader(std::string_view message)
      : begin_(message.data()), at_(message.data()), end_(message.data() + message.size()) {}

  // False at the end and at the first malformed field (then ok() is false). Groups are malformed: no message of ours
  // has any.
  bool Next(Field* field);
  bool ok() const { return ok_; }
  // Where the next field begins, or the malformed one.
  size_t position() const { return static_cast<size_t>(at_ - begin_); }

 private:
  // Tags and sizes are 32-bit numbers: protobuf takes no longer forms of them.
  static constexpr std::ptrdiff_t kTagBytesMax = 5;

  bool ReadVarint(uint64_t* value);
  bool ReadLongVarint(uint64_t* value);

  const char* const begin_;
  const char* at_;
  const char* const end_;
  bool ok_ = true;
};

inline bool Reader::ReadVarint(uint64_t* value) {
  // Nearly all are tags, and sizes of lines.
  if (end_ - at_ < 2) return ReadLongVarint(value);
  const auto first = static_cast<uint8_t>(at_[0]);
  const auto second = static_cast<uint8_t>(at_[1]);
  if (first < 0x80) {
    *value = first;
    ++at_;
    return true;
  }
  if (second >= 0x80) return ReadLongVarint(value);
  *value = static_cast<uint64_t>(first & 0x7f) | static_cast<uint64_t>(second) << 7;
  at_ += 2;
  return true;
}

inline bool Reader::ReadLongVarint(uint64_t* value) {
  uint64_t result = 0;
  for (int shift = 0; shift < 64 && at_ < end_; shift += 7) {
    auto byte = static_cast<uint8_t>(*at_++);
    if (shift == 63 && byte > 1) return false;
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = result;
      return true;
    }
  }
  return false;
}

inline bool Reader::Next(Field* field) {
  if (at_ == end_ || !ok_) return false;
  const char* const start = at_;
  uint64_t tag;
  ok_ = ReadVarint(&tag) && at_ - start <= kTagBytesMax && (tag >> 3) != 0 && (tag >> 3) <= 0x1fffffff;
  if (ok_) {
    field->number = static_cast<uint32_t>(tag >> 3);
    field->type = static_cast<Type>(tag & 7);
    switch (field->type) {
      case Type::kVarint:
        ok_ = ReadVarint(&field->value);
        break;
      case Type::kFixed64:
        ok_ = end_ - at_ >= 8;
        if (ok_) {
          std::memcpy(&field->value, at_, 8);
          at_ += 8;
        }
        break;
      case Type::kFixed32: {
        ok_ = end_ - at_ >= 4;
        uint32_t value = 0;
        if (ok_) {
          std::memcpy(&value, at_, 4);
          at_ += 4;
        }
        field->value = value;
        break;
      }
      case Type::kBytes: {
        uint64_t size = 0;
        const char* const before = at_;
        ok_ = ReadVarint(&size) && at_ - before <= kTagBytesMax && size <= static_cast<uint64_t>(end_ - at_);
        if (ok_) {
          field->bytes = std::string_view(at_, size);
          at_ += size;
        }
        break;
      }
      default:
        ok_ = false;
    }
  }
  if (!ok_) at_ = start;
  return ok_;
}

}  // namespace sluice::wire
