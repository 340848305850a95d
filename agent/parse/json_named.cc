#include "agent/parse/json_named.h"

#include <algorithm>
#include <cstddef>

#include "agent/parse/field.h"
#include "agent/parse/json.h"
#include "agent/parse/json_members.h"
#include "agent/parse/json_scratch.h"
#include "agent/parse/json_value.h"

namespace sluice::agent {
namespace {

RawString Raw(std::string_view text) { return {.text = text, .escaped = text.find('\\') != text.npos}; }

std::string_view Add(std::string_view name, const MemberReader& member, ParsedLine* out) {
  switch (member.kind()) {
    case MemberReader::Kind::kString:
      return AddJsonString(name, Raw(member.value()), out);
    case MemberReader::Kind::kScalar:
      return AddJsonScalar(name, member.value(), out);
    case MemberReader::Kind::kNested:
      break;
  }
  return AddJsonNested(name, member.value(), out);
}

class NamedReader {
 public:
  NamedReader(const FieldSelection& fields, ParsedLine* out) : fields_(fields), out_(out) {}

  // Reads the wanted fields of `object`, whose names begin with `prefix`.
  std::string_view Read(std::string_view object, std::string_view prefix, int depth) {
    MemberReader members(object);
    while (missing() > 0 && members.Next()) {
      const size_t found = out_->attributes().size();
      const size_t room = out_->room_used();
      std::string_view name;
      if (!JoinJsonName(prefix, Raw(members.name()), out_, &name)) return json_errors::kEscape;
      if (name.data() == nullptr) continue;
      if (const std::string_view reason = Take(name, members, depth); !reason.empty()) return reason;
      if (out_->attributes().size() == found) out_->GiveBackRoom(room);
    }
    if (missing() == 0 || depth > 0) return {};
    return members.AtEnd() ? std::string_view() : json_errors::kMalformed;
  }

 private:
  size_t missing() const {
    return fields_.names().size() - std::min(fields_.names().size(), out_->attributes().size());
  }

  std::string_view Take(std::string_view name, const MemberReader& member, int depth) {
    if (fields_.Wants(name)) {
      if (const std::string_view reason = Add(name, member, out_); !reason.empty()) return reason;
    }
    const bool object = member.kind() == MemberReader::Kind::kNested && member.value().front() == '{';
    if (!object || depth + 1 == kJsonDepthMax || !fields_.WantsInside(name)) return {};
    char* const room = out_->Room(name.size() + 1);
    if (room == nullptr) return {};
    *std::copy(name.begin(), name.end(), room) = '.';
    return Read(member.value(), out_->Keep(name.size() + 1), depth + 1);
  }

  const FieldSelection& fields_;
  ParsedLine* const out_;
};

}  // namespace

std::string_view ParseNamedJson(std::string_view text, const FieldSelection& fields, TimeReader* times,
                                ParsedLine* out) {
  JsonShapes& shapes = JsonScratch::Of(out).shapes;
  if (shapes.ReadNamedFields(text, fields, times, out)) {
    out->attributes_are_inside = true;
    return {};
  }
  out->Clear();
  if (!ParseJson(text, times, out)) {
    MemberReader members(text);
    return !members.Next() && members.AtEnd() ? std::string_view() : json_errors::kNoObject;  // {}
  }
  const std::string_view reason = NamedReader(fields, out).Read(text, "", 0);
  if (reason.empty()) shapes.Learn(text);
  return reason;
}

}  // namespace sluice::agent
