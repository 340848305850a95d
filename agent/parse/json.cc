#include "agent/parse/json.h"

#include "agent/parse/field.h"
#include "agent/parse/json_members.h"
#include "agent/parse/json_scratch.h"
#include "agent/parse/json_text.h"

namespace sluice::agent {
namespace {

using Kind = MemberReader::Kind;

void TakeMember(FieldMeaning meaning, const MemberReader& member, TimeReader* times, ParsedLine* out) {
  if (member.kind() == Kind::kString) return TakeStringField(meaning, member.value(), Escapes::kJson, times, out);
  TakeField(meaning, member.value(), times, out);
}

// Takes what an object inside of the outermost one tells. True if it is MongoDB's time.
[[gnu::noinline]] bool TakeNested(FieldMeaning outer, std::string_view object, TimeReader* times, ParsedLine* out) {
  if (object[0] != '{') return false;
  MemberReader members(object);
  bool mongo = false;
  while (!IsComplete(*out) && members.Next()) {
    const FieldMeaning meaning = MeaningInside(outer, members.name());
    if (meaning == FieldMeaning::kNone || members.kind() == Kind::kNested) continue;
    mongo |= meaning == FieldMeaning::kTime;
    TakeMember(meaning, members, times, out);
  }
  return mongo;
}

bool BeginsLikeObject(std::string_view text) {
  if (text.empty() || text[0] != '{') return false;
  const size_t next = text.find_first_not_of(" \t", 1);
  return next != text.npos && text[next] == '"';
}

}  // namespace

bool ParseJson(std::string_view text, TimeReader* times, ParsedLine* out) {
  if (!BeginsLikeObject(text)) return false;
  bool mongo = false;  // its severity stands in "s", behind the time
  MemberReader members(text);
  while (!IsComplete(*out) && members.Next()) {
    FieldMeaning meaning = MeaningOf(members.name());
    if (mongo && members.name() == "s") meaning = FieldMeaning::kSeverity;
    if (meaning == FieldMeaning::kNone) continue;
    if (members.kind() == Kind::kNested) {
      mongo |= TakeNested(meaning, members.value(), times, out);
    } else {
      TakeMember(meaning, members, times, out);
    }
  }
  return true;
}

bool ParseJsonLine(std::string_view line, TimeReader* times, ParsedLine* out) {
  if (!BeginsLikeObject(line)) return false;
  JsonShapes& shapes = JsonScratch::Of(out).shapes;
  if (shapes.ReadMeanings(line, times, out)) return true;
  out->Clear();
  ParseJson(line, times, out);
  shapes.Learn(line);
  return true;
}

}  // namespace sluice::agent
