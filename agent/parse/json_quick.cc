#include "agent/parse/json_quick.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "agent/parse/field.h"
#include "agent/parse/json_meanings.h"
#include "agent/parse/json_members.h"
#include "agent/parse/json_scratch.h"
#include "agent/parse/json_value.h"
#include "base/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::agent {
namespace {

// What bytes a text has.
struct Bytes {
  bool control = false;  // below 0x20
  bool backslash = false;
  bool beyond_ascii = false;
};

Bytes Look(std::string_view text) {
  Bytes bytes;
  const char* p = text.data();
  const char* const end = p + text.size();
#ifdef __SSE2__
  __m128i controls = _mm_setzero_si128();
  __m128i slashes = _mm_setzero_si128();
  __m128i all = _mm_setzero_si128();
  const auto look = [&](const char* at) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    controls = _mm_or_si128(controls, _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block));
    slashes = _mm_or_si128(slashes, _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    all = _mm_or_si128(all, block);
  };
  for (; end - p >= 16; p += 16) look(p);
  if (p < end && text.size() >= 16) {  // the rest, together with what stands before it
    look(end - 16);
    p = end;
  }
  bytes = {.control = _mm_movemask_epi8(controls) != 0,
           .backslash = _mm_movemask_epi8(slashes) != 0,
           .beyond_ascii = _mm_movemask_epi8(all) != 0};
#endif
  for (; p < end; ++p) {
    const auto byte = static_cast<uint8_t>(*p);
    bytes.control |= byte < 0x20;
    bytes.backslash |= byte == '\\';
    bytes.beyond_ascii |= byte >= 0x80;
  }
  return bytes;
}

class QuickReader {
 public:
  QuickReader(bool has_escapes, TimeReader* times, ParsedLine* out)
      : has_escapes_(has_escapes), out_(out), meanings_(times, out) {}

  // Adds the fields of `object`, whose names begin with `prefix`; false if it is not what most is.
  bool Read(std::string_view object, std::string_view prefix, FieldMeaning outer, int depth) {
    MemberReader members(object);
    while (members.Next()) {
      const RawString raw_name = Raw(members.name());
      std::string_view name;
      if (!JoinJsonName(prefix, raw_name, out_, &name) || name.data() == nullptr) return false;
      const FieldMeaning meaning = meanings_.Of(raw_name.text, outer, depth);
      const std::string_view value = members.value();
      if (members.kind() == MemberReader::Kind::kNested) {
        if (!AddNested(name, value, meaning, depth)) return false;
        continue;
      }
      const bool string = members.kind() == MemberReader::Kind::kString;
      const RawString raw = string ? Raw(value) : RawString{.text = value};
      meanings_.Take(meaning, raw, depth);
      const std::string_view reason = string ? AddJsonString(name, raw, out_) : AddJsonScalar(name, value, out_);
      if (!reason.empty()) return false;
    }
    return members.AtEnd();
  }

 private:
  RawString Raw(std::string_view text) const {
    return {.text = text, .escaped = has_escapes_ && text.find('\\') != text.npos};
  }

  bool AddNested(std::string_view name, std::string_view value, FieldMeaning meaning, int depth) {
    if (value.front() != '{' || depth + 1 == kJsonDepthMax) {
      if ((value.front() == '{') != (value.back() == '}')) return false;
      return AddJsonNested(name, value, out_).empty();
    }
    char* const room = out_->Room(name.size() + 1);
    if (room == nullptr) return false;
    *std::copy(name.begin(), name.end(), room) = '.';
    return Read(value, out_->Keep(name.size() + 1), meaning, depth + 1);
  }

  const bool has_escapes_;
  ParsedLine* const out_;
  JsonMeanings meanings_;
};

}  // namespace

bool ParseQuickJson(std::string_view text, TimeReader* times, ParsedLine* out) {
  const Bytes bytes = Look(text);
  if (bytes.control || (bytes.beyond_ascii && !IsValidUtf8(text))) return false;
  JsonShapes& shapes = JsonScratch::Of(out).shapes;
  bool found = shapes.ReadFields(text, times, out);
  if (!found) {
    out->Clear();
    found = QuickReader(bytes.backslash, times, out).Read(text, "", FieldMeaning::kNone, 0);
    if (found) shapes.Learn(text);
  }
  out->attributes_are_inside = found;
  return found;
}

}  // namespace sluice::agent
