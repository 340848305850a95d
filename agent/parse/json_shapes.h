// The shapes of the JSON objects that were seen: the lines of a program differ in their values, and hardly in what
// stands between them. Where the next line goes on like one before, its names need not be read again: the text between
// two values is compared in one piece, and says what the next value is.
//
//   {"time":"2026-11-20T09:15:39Z","level":"info","took_ms":7}
//   ~~~~~~~~~                    ~~~~~~~~~~~    ~~~~~~~~~~~~ ~   four texts around three values
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "agent/parse/field.h"
#include "agent/parse/field_selection.h"
#include "agent/parse/json_shape.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// A tree of such texts, one path for each shape. What was learned never changes what is found, only how fast. Of
// bounded size: begins anew when it is full. Used by one thread at a time.
class JsonShapes {
 public:
  // As ParseJson: reads until time and severity are found. False if no object of this shape was learned; then `out` may
  // have anything.
  bool ReadMeanings(std::string_view text, TimeReader* times, ParsedLine* out);
  // As ParseQuickJson, for `text` that is UTF-8 without control characters. The names of the fields live until the next
  // call of Learn.
  bool ReadFields(std::string_view text, TimeReader* times, ParsedLine* out);
  // As ParseNamedJson, for `fields` that are not all.
  bool ReadNamedFields(std::string_view text, const FieldSelection& fields, TimeReader* times, ParsedLine* out);
  // Remembers the shape of the object for which one of these has just returned false, if it has one (see JsonShape).
  void Learn(std::string_view text);

 private:
  static constexpr int kConfidenceMax = 64;

  // A part, and what may stand behind its value.
  struct Step {
    uint32_t text = 0;  // where it begins in texts_
    uint32_t name = 0;
    uint16_t text_size = 0;
    uint16_t name_size = 0;
    JsonPart::Kind kind = JsonPart::Kind::kEnd;
    FieldMeaning meaning = FieldMeaning::kNone;
    uint16_t child = 0;    // what comes behind the value; 0: nothing is known
    uint16_t sibling = 0;  // another part that may be here instead
  };

  // What is read: time and severity, and which fields beside.
  enum class Wanted : uint8_t { kNoFields, kAllFields, kNamedFields };

  template <Wanted kWanted>
  bool Read(std::string_view text, const FieldSelection* named, TimeReader* times, ParsedLine* out);
  template <Wanted kWanted>
  bool Walk(std::string_view text, const FieldSelection* named, TimeReader* times, ParsedLine* out);
  Step* Find(uint16_t* first, const char* p, const char* end);
  Step* FindSibling(uint16_t* first, const char* p, const char* end);
  bool IsAt(const Step& step, const char* p, const char* end) const;
  template <Wanted kWanted>
  const char* TakeString(const Step& step, const char* p, const char* end, TimeReader* times, ParsedLine* out);
  template <Wanted kWanted>
  const char* TakeValue(const Step& step, const char* p, const char* end, TimeReader* times, ParsedLine* out);

  bool MayTry();
  void Tried(bool found);
  bool Insert(std::span<const JsonPart> parts);
  uint16_t FindOrAdd(const JsonPart& part, uint16_t* first);
  uint32_t Keep(std::string_view text);
  void Forget();

  std::string_view NameOf(const Step& step) const { return {texts_.get() + step.name, step.name_size}; }

  // Allocated with the first shape.
  std::unique_ptr<char[]> texts_;     // and names
  std::unique_ptr<Step[]> steps_;     // the first one is none
  std::unique_ptr<JsonShape> shape_;  // that is learned
  size_t text_bytes_ = 0;
  uint16_t steps_count_ = 1;
  uint16_t first_ = 0;
  // Lines of which no two are alike are not worth trying.
  int confidence_ = kConfidenceMax;
  uint32_t skipped_ = 0;
  bool tried_ = false;
};

}  // namespace sluice::agent
