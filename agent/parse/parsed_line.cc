#include "agent/parse/parsed_line.h"

#include <algorithm>
#include <charconv>

namespace sluice::agent {
namespace {

constexpr std::string_view kParseError = "parse_error";
constexpr std::string_view kFieldsOmitted = "fields_omitted";
constexpr size_t kCountDigitsMax = 10;

}  // namespace

void ParsedLine::KeepSeverityText() {
  severity_text = severity_text.substr(0, kSeverityTextMax);
  std::copy(severity_text.begin(), severity_text.end(), severity_text_.begin());
  severity_text = {severity_text_.data(), severity_text.size()};
}

bool ParsedLine::HasField(std::string_view name) const {
  return std::ranges::any_of(attributes(), [name](const Attribute& known) { return known.first == name; });
}

char* ParsedLine::Room(size_t size) {
  if (room_ == nullptr) room_.reset(new char[kAttributeBytesMax + kCountDigitsMax + kRoomPadding]);
  return size <= kAttributeBytesMax - used_ ? room_.get() + used_ : nullptr;
}

std::string_view ParsedLine::Keep(size_t size) {
  const std::string_view kept(room_.get() + used_, size);
  used_ += size;
  return kept;
}

void ParsedLine::Fail(std::string_view reason) {
  ClearFields();
  parse_error = reason;
  AddField(kParseError, reason);
}

void ParsedLine::SayWhatIsOmitted() {
  if (fields_omitted_ == 0) return;
  attributes_are_inside = false;
  Room(0);
  char* const begin = room_.get() + kAttributeBytesMax;
  const char* const end = std::to_chars(begin, begin + kCountDigitsMax, fields_omitted_).ptr;
  const std::string_view count(begin, static_cast<size_t>(end - begin));
  size_t at = 0;
  while (at < count_ && attributes_[at].first != kFieldsOmitted) ++at;  // the line's own field of that name
  if (at == count_) ++count_;
  attributes_[at] = {kFieldsOmitted, count};
}

}  // namespace sluice::agent
