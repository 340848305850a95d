// Takes out of a record what its source's rules find: in its line, and in what the parser took from the line.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "agent/encode/message_encoder.h"
#include "agent/parse/parsed_line.h"
#include "agent/process/redacted_line.h"
#include "agent/process/redactor.h"

namespace sluice::agent {

// What is replaced in a line is in no attribute either: those of such a line are the ones that the parser finds in what
// is left. Holds buffers that are used again for each record, and of which the record has views. One thread.
class RecordRedactor {
 public:
  using Parse = absl::FunctionRef<void(std::string_view line, ParsedLine* out)>;

  // `redactor`: of the records that follow; null if nothing is to be replaced.
  void Begin(const Redactor* redactor) { redactor_ = redactor; }

  bool active() const { return redactor_ != nullptr; }

  // If it is active: replaces in the line of `record`, in which `parsed` was found; `parse` finds it in another one.
  // Returns how many places were replaced.
  uint32_t RedactLine(const ParsedLine& parsed, Parse parse, Record* record);
  // After RedactLine, when all attributes are there: replaces in each.
  uint32_t RedactAttributes(const ParsedLine& parsed, Record* record);

 private:
  std::string_view Readable(std::string_view text);
  uint32_t RedactLevel(Record* record);
  void ParseWhatIsLeft(const ParsedLine& parsed, Parse parse, std::string_view line, Record* record);
  bool IsLeft(const RedactedLine& left, const Record::Attribute& attribute);
  void KeepWhatIsLeft(const ParsedLine& parsed, std::string_view line, Record* record);
  uint32_t RedactValue(const ParsedLine& parsed, const Record::Attribute& attribute, std::string* out);

  const Redactor* redactor_ = nullptr;
  bool line_was_redacted_ = false;
  std::vector<Secret> secrets_;
  std::string readable_;
  std::string redacted_;
  std::string redacted_level_;
  std::string redacted_value_;
  std::unique_ptr<ParsedLine> left_;  // of the redacted line; most files never have one
  std::vector<Record::Attribute> attributes_;
  std::deque<std::string> redacted_attributes_;
};

}  // namespace sluice::agent
