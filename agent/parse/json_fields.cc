#include "agent/parse/json_fields.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <utility>

#include "agent/parse/field.h"
#include "agent/parse/json_meanings.h"
#include "agent/parse/json_members.h"
#include "agent/parse/json_named.h"
#include "agent/parse/json_quick.h"
#include "agent/parse/json_scratch.h"
#include "agent/parse/json_value.h"
#include "agent/parse/scan.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::agent {
namespace {

namespace ondemand = simdjson::ondemand;

// simdjson's own buffers, and one with the padding behind the text that it asks for.
class DocumentScratch final : public FormatScratch {
 public:
  simdjson::simdjson_result<ondemand::document> Begin(std::string_view text) {
    if (text.size() > capacity_) {
      // Doubled, so that a few long lines do for all.
      const size_t capacity = std::bit_ceil(std::max<size_t>(text.size(), 4096));
      if (const simdjson::error_code error = parser_.allocate(capacity); error != simdjson::SUCCESS) return error;
      buffer_.reset(new char[capacity + simdjson::SIMDJSON_PADDING]());
      capacity_ = capacity;
    }
    std::memcpy(buffer_.get(), text.data(), text.size());
    // What is wrong with a text must not depend on the one before.
    std::memset(buffer_.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);
    end_ = buffer_.get() + text.size();
    return parser_.iterate(buffer_.get(), text.size(), capacity_ + simdjson::SIMDJSON_PADDING);
  }
  const char* end() const { return end_; }  // of the text

 private:
  ondemand::parser parser_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  const char* end_ = nullptr;
};

std::string_view ReasonOf(simdjson::error_code error) {
  switch (error) {
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return json_errors::kTooLarge;
    case simdjson::UTF8_ERROR:
      return json_errors::kUtf8;
    case simdjson::UNESCAPED_CHARS:
      return json_errors::kControl;
    case simdjson::UNCLOSED_STRING:
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return json_errors::kUnfinished;
    case simdjson::EMPTY:
    case simdjson::INCORRECT_TYPE:
      return json_errors::kNoObject;
    default:
      return json_errors::kMalformed;
  }
}

constexpr size_t kBlock = 16;
static_assert(kBlock <= simdjson::SIMDJSON_PADDING, "a block may begin at the text's last byte");

// Which bytes of the block at `p` are `c`, a bit for each.
uint32_t Find(const char* p, char c) {
#ifdef __SSE2__
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))));
#else
  uint32_t bits = 0;
  for (size_t i = 0; i < kBlock; ++i) bits |= uint32_t{p[i] == c} << i;
  return bits;
#endif
}

// The string whose inside begins at `p` in a padded text that ends at `end`; simdjson has seen that it is closed.
RawString ReadName(const char* p, const char* end) {
  const uint32_t quotes = Find(p, '"');
  const uint32_t slashes = Find(p, '\\');
  if (quotes != 0) [[likely]] {
    const auto size = static_cast<size_t>(__builtin_ctz(quotes));
    if ((slashes & ((uint32_t{1} << size) - 1)) == 0) [[likely]]
      return {.text = {p, size}};
  }
  const char* const close = FindStringEnd(p, end);
  return {.text = {p, close == nullptr ? 0 : static_cast<size_t>(close - p)}, .escaped = true};
}

// `text` is a part of a padded text.
bool HasEscape(std::string_view text) {
  size_t at = 0;
  for (; at + kBlock <= text.size(); at += kBlock) {
    if (Find(text.data() + at, '\\') != 0) return true;
  }
  const uint32_t rest = (uint32_t{1} << (text.size() - at)) - 1;
  return (Find(text.data() + at, '\\') & rest) != 0;
}

std::string_view WithoutSpaceBehind(std::string_view token) {
  while (!token.empty() && static_cast<uint8_t>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

class Walker {
 public:
  Walker(const char* end, TimeReader* times, ParsedLine* out) : end_(end), out_(out), meanings_(times, out) {}

  // `prefix` stands before the names of its fields: "" or "http."; `outer` is what the object's own name tells.
  std::string_view Walk(ondemand::object object, std::string_view prefix, FieldMeaning outer, int depth);

 private:
  std::string_view Add(std::string_view name, FieldMeaning meaning, ondemand::value value, int depth);
  std::string_view AddObject(std::string_view name, FieldMeaning meaning, ondemand::value value, int depth);
  std::string_view AddArray(std::string_view name, ondemand::value value);
  const char* const end_;  // of the text
  ParsedLine* const out_;
  JsonMeanings meanings_;
};

std::string_view Walker::Walk(ondemand::object object, std::string_view prefix, FieldMeaning outer, int depth) {
  for (simdjson::simdjson_result<ondemand::field> result : object) {
    ondemand::field field;
    if (const simdjson::error_code error = std::move(result).get(field); error != simdjson::SUCCESS) {
      return ReasonOf(error);
    }
    const RawString raw_name = ReadName(field.key().raw(), end_);
    std::string_view name;
    if (!JoinJsonName(prefix, raw_name, out_, &name)) return json_errors::kEscape;
    const std::string_view reason = Add(name, meanings_.Of(raw_name.text, outer, depth), field.value(), depth);
    if (!reason.empty()) return reason;
  }
  return {};
}

// `name` has null data if there was no room for it.
std::string_view Walker::Add(std::string_view name, FieldMeaning meaning, ondemand::value value, int depth) {
  ondemand::json_type type;
  if (const simdjson::error_code error = value.type().get(type); error != simdjson::SUCCESS) return ReasonOf(error);
  if (type == ondemand::json_type::object) return AddObject(name, meaning, value, depth);
  if (type == ondemand::json_type::array) return AddArray(name, value);
  std::string_view raw = WithoutSpaceBehind(value.raw_json_token());
  const bool string = type == ondemand::json_type::string;
  if (string) {
    if (raw.size() < 2 || raw.back() != '"') return json_errors::kMalformed;
    raw = raw.substr(1, raw.size() - 2);
  }
  const RawString inside = {.text = raw, .escaped = string && HasEscape(raw)};
  meanings_.Take(meaning, inside, depth);
  if (name.data() == nullptr) [[unlikely]] {
    out_->OmitField();
    return {};
  }
  if (string) return AddJsonString(name, inside, out_);
  return AddJsonScalar(name, raw, out_);
}

std::string_view Walker::AddObject(std::string_view name, FieldMeaning meaning, ondemand::value value, int depth) {
  ondemand::object object;
  if (const simdjson::error_code error = value.get_object().get(object); error != simdjson::SUCCESS) {
    return ReasonOf(error);
  }
  if (depth + 1 < kJsonDepthMax && name.data() != nullptr) {
    if (char* const room = out_->Room(name.size() + 1); room != nullptr) {
      *std::copy(name.begin(), name.end(), room) = '.';
      return Walk(object, out_->Keep(name.size() + 1), meaning, depth + 1);
    }
  }
  std::string_view raw;
  if (const simdjson::error_code error = object.raw_json().get(raw); error != simdjson::SUCCESS) {
    return ReasonOf(error);
  }
  if (name.data() != nullptr) return AddJsonNested(name, WithoutSpaceBehind(raw), out_);
  out_->OmitField();
  return {};
}

std::string_view Walker::AddArray(std::string_view name, ondemand::value value) {
  ondemand::array array;
  simdjson::error_code error = value.get_array().get(array);
  std::string_view raw;
  if (error == simdjson::SUCCESS) error = array.raw_json().get(raw);
  if (error != simdjson::SUCCESS) return ReasonOf(error);
  if (name.data() != nullptr) return AddJsonNested(name, WithoutSpaceBehind(raw), out_);
  out_->OmitField();
  return {};
}

// Of a text of which no object could be made.
std::string_view ReasonOf(simdjson::error_code error, std::string_view text) {
  const std::string_view reason = ReasonOf(error);
  const char* const end = text.data() + text.size();
  const bool ends_before = reason == json_errors::kUnfinished && internal::FindNestedEnd(text.data(), end, text.data());
  return ends_before ? json_errors::kBehind : reason;
}

std::string_view ParseAll(std::string_view text, TimeReader* times, ParsedLine* out) {
  std::unique_ptr<FormatScratch>& kept = JsonScratch::Of(out).document;
  if (kept == nullptr) kept = std::make_unique<DocumentScratch>();
  auto* const scratch = static_cast<DocumentScratch*>(kept.get());
  ondemand::document document;
  if (const simdjson::error_code error = scratch->Begin(text).get(document); error != simdjson::SUCCESS) {
    return ReasonOf(error, text);
  }
  ondemand::object object;
  if (const simdjson::error_code error = document.get_object().get(object); error != simdjson::SUCCESS) {
    return ReasonOf(error, text);
  }
  const std::string_view reason = Walker(scratch->end(), times, out).Walk(object, "", FieldMeaning::kNone, 0);
  if (!reason.empty()) return reason;
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? std::string_view() : json_errors::kBehind;
}

}  // namespace

std::string_view ParseJsonFields(std::string_view text, const FieldSelection& fields, TimeReader* times,
                                 ParsedLine* out) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos || text[begin] != '{') return json_errors::kNoObject;
  text.remove_prefix(begin);
  if (!fields.all()) return ParseNamedJson(text, fields, times, out);
  if (ParseQuickJson(text, times, out)) return {};
  out->Clear();
  return ParseAll(text, times, out);
}

}  // namespace sluice::agent
