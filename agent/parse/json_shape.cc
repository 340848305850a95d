#include "agent/parse/json_shape.h"

#include <algorithm>

#include "agent/parse/json_members.h"
#include "agent/parse/json_value.h"

namespace sluice::agent {

bool JsonShape::Read(std::string_view object) {
  count_ = 0;
  name_bytes_ = 0;
  meanings_ = JsonNames();
  text_ = object.data();
  if (object.empty()) return false;
  const char* const end = object.data() + object.size();
  return ReadMembers(object, "", FieldMeaning::kNone, 0) && Add({.text = {}, .kind = JsonPart::Kind::kEnd}, end, end);
}

bool JsonShape::ReadMembers(std::string_view object, std::string_view prefix, FieldMeaning outer, int depth) {
  MemberReader members(object);
  while (members.Next()) {
    const std::string_view value = members.value();
    const bool nested = members.kind() == MemberReader::Kind::kNested;
    const bool empty = value == "{}";
    const bool entered = nested && value.front() == '{' && !empty;
    if (entered && depth + 1 == kJsonDepthMax) return false;
    if (members.name().find('\\') != std::string_view::npos) return false;
    const std::string_view name = KeepName(prefix, members.name(), entered ? "." : "");
    if (name.data() == nullptr) return false;
    const FieldMeaning meaning = meanings_.Of(members.name(), outer, depth);
    if (entered) {
      if (!ReadMembers(value, name, meaning, depth + 1)) return false;
      continue;
    }
    JsonPart part = {.text = {}, .kind = JsonPart::Kind::kArray, .name = name};
    if (nested && empty) {
      part.kind = JsonPart::Kind::kEmptyObject;
    } else if (!nested) {
      const bool string = members.kind() == MemberReader::Kind::kString;
      part.kind = string ? JsonPart::Kind::kString : JsonPart::Kind::kScalar;
      part.meaning = meaning;
      meanings_.Pass(meaning, depth);
    }
    if (!Add(part, value.data(), value.data() + value.size())) return false;
  }
  return members.AtEnd();
}

bool JsonShape::Add(JsonPart part, const char* value, const char* behind) {
  const auto same_name = [&part](const JsonPart& known) { return known.name == part.name; };
  if (count_ == kPartsMax || (part.kind != JsonPart::Kind::kEnd && std::ranges::any_of(parts(), same_name)))
    return false;
  part.text = {text_, static_cast<size_t>(value - text_)};
  parts_[count_++] = part;
  text_ = behind;
  return true;
}

// Null data if there is no room.
std::string_view JsonShape::KeepName(std::string_view prefix, std::string_view name, std::string_view suffix) {
  const size_t size = prefix.size() + name.size() + suffix.size();
  if (size > kNameBytesMax - name_bytes_) return {};
  char* const kept = names_.data() + name_bytes_;
  char* end = kept;
  for (const std::string_view part : {prefix, name, suffix}) end = std::copy(part.begin(), part.end(), end);
  name_bytes_ += size;
  return {kept, size};
}

}  // namespace sluice::agent
