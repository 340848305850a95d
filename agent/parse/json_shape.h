// What stands between the values of a JSON object: text, and what each value is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "agent/parse/field.h"
#include "agent/parse/json_meanings.h"

namespace sluice::agent {

// A text, and the value behind it.
struct JsonPart {
  enum class Kind : uint8_t {
    kString,  // the text ends with its opening quotation mark, and the next one begins with the closing one
    kScalar,
    kArray,
    kEmptyObject,  // {}
    kEnd,          // no value: the text is the object's end
  };
  std::string_view text;
  Kind kind = Kind::kEnd;
  std::string_view name = {};  // the full name of the value's field
  FieldMeaning meaning = FieldMeaning::kNone;
};

// The parts of one object. Large; used again for the next one.
class JsonShape {
 public:
  static constexpr size_t kPartsMax = 120;
  static constexpr size_t kNameBytesMax = 8 << 10;  // of all full names together

  // False if `object` is malformed or too deep, if a name has escapes or is there twice, or if there are too many. The
  // views of the parts live as long as `object` and this.
  bool Read(std::string_view object);
  std::span<const JsonPart> parts() const { return {parts_.data(), count_}; }

 private:
  bool ReadMembers(std::string_view object, std::string_view prefix, FieldMeaning outer, int depth);
  bool Add(JsonPart part, const char* value, const char* behind);
  std::string_view KeepName(std::string_view prefix, std::string_view name, std::string_view suffix);

  std::array<JsonPart, kPartsMax> parts_;
  size_t count_ = 0;
  std::array<char, kNameBytesMax> names_;
  size_t name_bytes_ = 0;
  const char* text_ = nullptr;  // where the next text begins
  JsonNames meanings_;
};

}  // namespace sluice::agent
