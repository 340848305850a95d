// What the fields of a JSON object tell, as they come one after the other.
#pragma once

#include <string_view>

#include "agent/parse/field.h"
#include "agent/parse/json_text.h"
#include "agent/parse/json_value.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// What their names alone tell.
class JsonNames {
 public:
  // `depth` is 0 in the outermost object; `outer` is what the name of the object tells that the field is in.
  FieldMeaning Of(std::string_view raw_name, FieldMeaning outer, int depth) const {
    if (depth > 1) return FieldMeaning::kNone;
    if (depth == 1) return MeaningInside(outer, raw_name);
    return mongo_ && raw_name == "s" ? FieldMeaning::kSeverity : MeaningOf(raw_name);
  }
  // The field's value is a string or a scalar.
  void Pass(FieldMeaning meaning, int depth) { mongo_ |= depth == 1 && meaning == FieldMeaning::kTime; }

 private:
  bool mongo_ = false;  // its severity stands in "s", behind the time
};

class JsonMeanings {
 public:
  JsonMeanings(TimeReader* times, ParsedLine* out) : times_(times), out_(out) {}

  // As JsonNames; nothing once all is known.
  FieldMeaning Of(std::string_view raw_name, FieldMeaning outer, int depth) const {
    return IsComplete(*out_) ? FieldMeaning::kNone : names_.Of(raw_name, outer, depth);
  }
  // A string's inside, or a scalar.
  void Take(FieldMeaning meaning, RawString raw, int depth) {
    if (meaning == FieldMeaning::kNone) return;
    names_.Pass(meaning, depth);
    if (raw.escaped) [[unlikely]]
      return TakeEscapedField(meaning, raw.text, Escapes::kJson, times_, out_);
    TakeField(meaning, raw.text, times_, out_);
  }

 private:
  TimeReader* const times_;
  ParsedLine* const out_;
  JsonNames names_;
};

}  // namespace sluice::agent
