// What a parser finds in a line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "sluice/v1/log.pb.h"

namespace sluice::agent {

inline constexpr size_t kSeverityTextMax = 32;

// What a line's attributes are bounded to, so that its record always fits a message.
inline constexpr size_t kAttributesMax = 128;           // fields_omitted included
inline constexpr size_t kAttributeBytesMax = 64 << 10;  // of names and values together

// So many bytes behind what a ParsedLine keeps itself may be read.
inline constexpr size_t kRoomPadding = 32;

// What the parsers of a format keep from line to line, beside what they found: buffers that would otherwise be
// allocated again and again.
class FormatScratch {
 public:
  virtual ~FormatScratch() = default;
};

// One object is reused for every line, so that nothing is allocated per line. The views point into the line, into the
// parser or its factory, or into this object: they live until the next line is parsed.
class ParsedLine {
 public:
  using Attribute = std::pair<std::string_view, std::string_view>;  // name, value

  uint64_t time_unix_nano = 0;  // 0: the line names no time
  v1::Severity severity = v1::SEVERITY_UNSPECIFIED;
  // As the line spells it ("warning", "E", "<34>"): printable ASCII, at most kSeverityTextMax bytes; empty if it names
  // none. There may be a text and no severity: a level that nobody knows.
  std::string_view severity_text;
  // Why the line is not of the format that its source names; empty if it is. Said in an attribute, too.
  std::string_view parse_error;
  // False if the attributes may have been cut out of the line in the middle of a character.
  bool attributes_are_whole = true;
  // True if each name and each value stands in the line, or where kRoomPadding bytes behind it may be read.
  bool attributes_are_inside = false;

  void Clear() {
    time_unix_nano = 0;
    severity = v1::SEVERITY_UNSPECIFIED;
    severity_text = {};
    parse_error = {};
    attributes_are_whole = true;
    ClearFields();
  }

  void ClearFields() {
    attributes_are_inside = false;
    count_ = 0;
    for (uint64_t& marks : names_seen_) marks = 0;
    field_bytes_ = 0;
    fields_omitted_ = 0;
    used_ = 0;
  }

  // What severity_text is a view of is gone soon.
  void KeepSeverityText();

  // The line's fields, as far as the source asks for them. Names differ.
  std::span<const Attribute> attributes() const { return {attributes_.data(), count_}; }
  // Of their names and values together, but for fields_omitted.
  size_t attribute_bytes() const { return field_bytes_; }

  // Adds an attribute. Of several of one name the first counts; the others, and what goes beyond the bounds, are
  // omitted and counted.
  [[gnu::always_inline]] void AddField(std::string_view name, std::string_view value) {
    const size_t slot = SlotOf(name);
    const uint64_t mark = uint64_t{1} << (slot % 64);
    const size_t bytes = field_bytes_ + name.size() + value.size();
    if (((names_seen_[slot / 64] & mark) != 0 && HasField(name)) || count_ >= kAttributesMax - 1 ||
        bytes > kAttributeBytesMax) [[unlikely]] {
      ++fields_omitted_;
      return;
    }
    names_seen_[slot / 64] |= mark;
    field_bytes_ = bytes;
    attributes_[count_++] = {name, value};
  }
  // As AddField, for a line of which it is known that it has few fields, whose names differ from each other.
  void AddDistinctField(std::string_view name, std::string_view value) {
    field_bytes_ += name.size() + value.size();
    attributes_[count_++] = {name, value};
  }
  void OmitField() { ++fields_omitted_; }
  uint32_t fields_omitted() const { return fields_omitted_; }

  // Room for `size` bytes of a name or a value that the line does not have as it stands; null if there is no more.
  // Keep says how many of them are used, at most `size`.
  char* Room(size_t size);
  std::string_view Keep(size_t size);
  // What was kept since room_used() was `used` is not needed after all.
  size_t room_used() const { return used_; }
  void GiveBackRoom(size_t used) { used_ = used; }

  // The line is of another format than its source says.
  void Fail(std::string_view reason);
  // Says in the attribute fields_omitted how many were.
  void SayWhatIsOmitted();

  // Whatever the format's parsers put there.
  std::unique_ptr<FormatScratch> scratch;

 private:
  static constexpr size_t kSlots = 256;
  // A number below kSlots that two names rarely share.
  static size_t SlotOf(std::string_view name) {
    if (name.empty()) return 0;
    const auto byte = [name](size_t i) { return uint32_t{static_cast<uint8_t>(name[i])}; };
    const uint32_t parts =
        static_cast<uint32_t>(name.size()) << 24 ^ byte(0) << 16 ^ byte(name.size() / 2) << 8 ^ byte(name.size() - 1);
    return parts * 0x9e3779b1u >> 24;
  }
  bool HasField(std::string_view name) const;

  std::array<Attribute, kAttributesMax> attributes_;
  size_t count_ = 0;
  uint64_t names_seen_[kSlots / 64] = {};  // a bit for each slot
  size_t field_bytes_ = 0;
  uint32_t fields_omitted_ = 0;
  size_t used_ = 0;  // of room_
  std::unique_ptr<char[]> room_;
  std::array<char, kSeverityTextMax> severity_text_;
};

}  // namespace sluice::agent
