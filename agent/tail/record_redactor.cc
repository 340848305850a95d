#include "agent/tail/record_redactor.h"

#include <algorithm>

#include "base/text.h"

namespace sluice::agent {
namespace {

// A level that nobody knows may be any text; one that is known is a word of ours.
bool HasUnknownLevel(const Record& record) {
  return record.severity == v1::SEVERITY_UNSPECIFIED && !record.severity_text.empty();
}

}  // namespace

// As `text` is shown: to an expression a byte that is no UTF-8 is nothing, not even "any character".
std::string_view RecordRedactor::Readable(std::string_view text) {
  if (IsValidUtf8(text)) return text;
  readable_ = ReplaceInvalidUtf8(text);
  return readable_;
}

uint32_t RecordRedactor::RedactLine(const ParsedLine& parsed, Parse parse, Record* record) {
  line_was_redacted_ = false;
  const std::string_view line = record->line;
  uint32_t count = redactor_->Redact(record->valid_utf8 ? line : Readable(line), &secrets_, &redacted_);
  if (count > 0) {
    line_was_redacted_ = true;
    record->line = redacted_;
    record->valid_utf8 = IsValidUtf8(redacted_);
    record->exact = {};  // would show what was taken out
    ParseWhatIsLeft(parsed, parse, line, record);
  }
  if (HasUnknownLevel(*record)) count += RedactLevel(record);
  return count;
}

uint32_t RecordRedactor::RedactLevel(Record* record) {
  const uint32_t count = redactor_->Redact(record->severity_text, &secrets_, &redacted_level_);
  if (count > 0) record->severity_text = redacted_level_;
  return count;
}

void RecordRedactor::ParseWhatIsLeft(const ParsedLine& parsed, Parse parse, std::string_view line, Record* record) {
  record->padded_attribute_bytes = 0;
  const bool has_fields = !parsed.attributes().empty() && parsed.parse_error.empty();
  if (!has_fields && !HasUnknownLevel(*record)) return;
  if (left_ == nullptr) left_ = std::make_unique<ParsedLine>();
  parse(record->line, left_.get());
  if (HasUnknownLevel(*record)) record->severity_text = left_->severity_text;
  if (!has_fields) return;
  if (!left_->parse_error.empty() || left_->attributes().empty()) return KeepWhatIsLeft(parsed, line, record);
  record->attributes = left_->attributes();
  record->attributes_are_utf8 = record->valid_utf8 && left_->attributes_are_whole;
}

// If what the rules leave of `attribute` is in what they left of the line.
bool RecordRedactor::IsLeft(const RedactedLine& left, const Record::Attribute& attribute) {
  const auto& [name, value] = attribute;
  if (left.Shows(value)) return true;
  const uint32_t count = redactor_->RedactValue(name, Readable(value), &secrets_, &redacted_value_);
  return count > 0 && left.redacted().find(redacted_value_) != std::string_view::npos;
}

// The masks made a line of another format of it. What they left of the attributes is not known of all: the others are
// masked as a whole.
void RecordRedactor::KeepWhatIsLeft(const ParsedLine& parsed, std::string_view line, Record* record) {
  const RedactedLine left(line, record->line);
  attributes_.clear();
  for (const auto& [name, value] : parsed.attributes()) {
    if (left.ShowsName(name)) attributes_.emplace_back(name, IsLeft(left, {name, value}) ? value : kDefaultMask);
  }
  record->attributes = attributes_;
}

uint32_t RecordRedactor::RedactAttributes(const ParsedLine& parsed, Record* record) {
  if (record->attributes.empty()) return 0;
  if (record->attributes.data() != attributes_.data()) {
    attributes_.assign(record->attributes.begin(), record->attributes.end());
    record->attributes = attributes_;
  }
  uint32_t count = 0;
  size_t used = 0;
  for (Record::Attribute& attribute : attributes_) {
    const std::string_view shown = record->attributes_are_utf8 ? attribute.second : Readable(attribute.second);
    if (used == redacted_attributes_.size()) redacted_attributes_.emplace_back();
    std::string& out = redacted_attributes_[used];
    const uint32_t replaced = RedactValue(parsed, {attribute.first, shown}, &out);
    if (replaced == 0) continue;
    count += replaced;
    attribute.second = out;
    record->padded_attribute_bytes = 0;
    ++used;
  }
  return count;
}

// A rule that replaced in the line what it replaces in the value is not applied again: its mask may be longer then.
uint32_t RecordRedactor::RedactValue(const ParsedLine& parsed, const Record::Attribute& attribute, std::string* out) {
  const auto& [name, value] = attribute;
  if (line_was_redacted_) {
    const auto before = std::ranges::find(parsed.attributes(), name, &Record::Attribute::first);
    if (before != parsed.attributes().end() && before->second != value) {
      const uint32_t count = redactor_->RedactValue(name, before->second, &secrets_, out);
      if (count > 0 && *out == value) return count;
    }
  }
  return redactor_->RedactValue(name, value, &secrets_, out);
}

}  // namespace sluice::agent
