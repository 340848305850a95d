#include "agent/parse/json_shapes.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "agent/parse/json_members.h"
#include "agent/parse/json_text.h"
#include "agent/parse/json_value.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::agent {
namespace {

using Kind = JsonPart::Kind;

constexpr uint16_t kStepsMax = 512;
constexpr size_t kTextBytesMax = 24 << 10;
// Parts that may stand in one place.
constexpr int kSiblingsMax = 16;

// So that the attributes of a line keep below their bounds, and need not be counted.
constexpr size_t kLineBytesMax = 32 << 10;
static_assert(kLineBytesMax + JsonShape::kNameBytesMax <= kAttributeBytesMax);
static_assert(JsonShape::kPartsMax < kAttributesMax);

// A miss costs about as much as two hits save; one line in so many is tried when nothing is known any more.
constexpr int kMissCost = 2;
constexpr uint32_t kRetryLines = 16;

constexpr ptrdiff_t kBlock = 16;
static_assert(kBlock <= kRoomPadding);

#ifdef __SSE2__
__m128i Load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
uint32_t Equal(__m128i a, __m128i b) { return static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(a, b))); }
#endif

// If `text`, behind which a block may be read, stands at `p`.
[[gnu::always_inline]] inline bool StandsAt(std::string_view text, const char* p, const char* end) {
#ifdef __SSE2__
  const auto size = static_cast<ptrdiff_t>(text.size());
  if (size <= kBlock && end - p >= kBlock) [[likely]] {
    const uint32_t equal = Equal(Load(text.data()), Load(p));
    return static_cast<ptrdiff_t>(std::countr_one(equal)) >= size;
  }
#endif
  return text.size() <= static_cast<size_t>(end - p) && std::memcmp(text.data(), p, text.size()) == 0;
}

// Where a string ends that begins at `p`, behind its quotation mark: null if it does not.
struct StringEnd {
  const char* quote = nullptr;
  bool escaped = false;
};

[[gnu::noinline]] StringEnd FindEscapedEnd(const char* begin, const char* end) {
  const char* const quote = FindStringEnd(begin, end);
  const bool escaped = quote != nullptr && std::memchr(begin, '\\', static_cast<size_t>(quote - begin)) != nullptr;
  return {quote, escaped};
}

[[gnu::always_inline]] inline StringEnd FindEnd(const char* const begin, const char* end) {
#ifdef __SSE2__
  // Two blocks at a time: where exactly most values end is not worth a branch that cannot be foreseen.
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i slash = _mm_set1_epi8('\\');
  for (const char* p = begin; end - p >= 2 * kBlock; p += 2 * kBlock) {
    const __m128i low = Load(p);
    const __m128i high = Load(p + kBlock);
    const uint32_t quotes = Equal(low, quote) | Equal(high, quote) << kBlock;
    const uint32_t slashes = Equal(low, slash) | Equal(high, slash) << kBlock;
    if ((quotes | slashes) == 0) continue;
    if ((slashes & (quotes ^ (quotes - 1))) != 0) [[unlikely]]  // before the first quotation mark
      break;
    return {p + __builtin_ctz(quotes), false};
  }
#endif
  return FindEscapedEnd(begin, end);
}

bool WantsObjectOf(const FieldSelection& fields, std::string_view name) {
  for (size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    if (fields.Wants(name.substr(0, dot))) return true;
  }
  return false;
}

// Where a whole number ends that begins at `p`, and is as most are; null if it is anything else.
[[gnu::always_inline]] inline const char* FindWholeNumberEnd(const char* p, const char* end) {
  const auto digit = [](char c) { return static_cast<uint8_t>(c - '0') < 10; };
#ifdef __SSE2__
  if (end - p >= kBlock) [[likely]] {
    const __m128i from_zero = _mm_sub_epi8(Load(p), _mm_set1_epi8('0'));
    const uint32_t digits = Equal(_mm_min_epu8(from_zero, _mm_set1_epi8(9)), from_zero);
    const char* const behind = p + std::countr_one(digits);
    const bool whole = behind != p && *p != '0' && behind < end && (*behind == ',' || *behind == '}');
    return whole ? behind : nullptr;
  }
#endif
  if (p == end || *p == '0' || !digit(*p)) return nullptr;
  do {
    ++p;
  } while (p < end && digit(*p));
  return p < end && (*p == ',' || *p == '}') ? p : nullptr;
}

}  // namespace

bool JsonShapes::ReadMeanings(std::string_view text, TimeReader* times, ParsedLine* out) {
  return Read<Wanted::kNoFields>(text, nullptr, times, out);
}

bool JsonShapes::ReadFields(std::string_view text, TimeReader* times, ParsedLine* out) {
  return text.size() <= kLineBytesMax && Read<Wanted::kAllFields>(text, nullptr, times, out);
}

bool JsonShapes::ReadNamedFields(std::string_view text, const FieldSelection& fields, TimeReader* times,
                                 ParsedLine* out) {
  return text.size() <= kLineBytesMax && Read<Wanted::kNamedFields>(text, &fields, times, out);
}

template <JsonShapes::Wanted kWanted>
[[gnu::always_inline]] inline bool JsonShapes::Read(std::string_view text, const FieldSelection* named,
                                                    TimeReader* times, ParsedLine* out) {
  if (!MayTry()) return false;
  const bool found = Walk<kWanted>(text, named, times, out);
  Tried(found);
  return found;
}

template <JsonShapes::Wanted kWanted>
bool JsonShapes::Walk(std::string_view text, const FieldSelection* named, TimeReader* times, ParsedLine* out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  uint16_t* next = &first_;
  for (;;) {
    Step* const step = Find(next, p, end);
    if (step == nullptr) return false;
    if (step->kind == Kind::kEnd) return true;
    p += step->text_size;
    if (kWanted == Wanted::kNamedFields && !named->Wants(NameOf(*step))) {
      if (WantsObjectOf(*named, NameOf(*step))) return false;  // it is text then
      p = TakeValue<Wanted::kNoFields>(*step, p, end, times, out);
    } else {
      p = TakeValue<kWanted>(*step, p, end, times, out);
    }
    if (p == nullptr) return false;
    if (kWanted == Wanted::kNoFields && IsComplete(*out)) return true;
    if (kWanted == Wanted::kNamedFields && IsComplete(*out) && out->attributes().size() >= named->names().size()) {
      return true;
    }
    next = &step->child;
  }
}

// Where the string ends that begins at `p`, behind its quotation mark; null if it does not, or is malformed.
template <JsonShapes::Wanted kWanted>
[[gnu::always_inline]] inline const char* JsonShapes::TakeString(const Step& step, const char* p, const char* end,
                                                                 TimeReader* times, ParsedLine* out) {
  const StringEnd close = FindEnd(p, end);
  if (close.quote == nullptr) return nullptr;
  const std::string_view value(p, static_cast<size_t>(close.quote - p));
  if (close.escaped) [[unlikely]] {
    TakeEscapedField(step.meaning, value, Escapes::kJson, times, out);
    if (kWanted == Wanted::kNoFields) return close.quote;
    return internal::AddEscaped(NameOf(step), value, out).empty() ? close.quote : nullptr;
  }
  if (step.meaning != FieldMeaning::kNone) TakeField(step.meaning, value, times, out);
  if (kWanted == Wanted::kNoFields) return close.quote;
  out->AddDistinctField(NameOf(step), value);
  return close.quote;
}

// Where the value ends that begins at `p`; null if it does not, or is malformed.
template <JsonShapes::Wanted kWanted>
[[gnu::always_inline]] inline const char* JsonShapes::TakeValue(const Step& step, const char* p, const char* end,
                                                                TimeReader* times, ParsedLine* out) {
  constexpr bool kFields = kWanted != Wanted::kNoFields;
  if (step.kind == Kind::kString) [[likely]]
    return TakeString<kWanted>(step, p, end, times, out);
  const bool scalar = step.kind == Kind::kScalar;
  if (kFields && scalar && step.meaning == FieldMeaning::kNone) {
    if (const char* const behind = FindWholeNumberEnd(p, end); behind != nullptr) [[likely]] {
      out->AddDistinctField(NameOf(step), {p, static_cast<size_t>(behind - p)});
      return behind;
    }
  }
  if (step.kind == Kind::kEmptyObject) {
    if (kWanted == Wanted::kNamedFields) out->AddDistinctField(NameOf(step), {p, 2});
    return p + 2;
  }
  const char* const behind = scalar ? FindScalarEnd(p, end) : internal::FindNestedEnd(p, end, p);
  if (behind == nullptr) return nullptr;
  const std::string_view value(p, static_cast<size_t>(behind - p));
  if (scalar && step.meaning != FieldMeaning::kNone) TakeField(step.meaning, value, times, out);
  // Whoever looks for the end of the object around it would stop at a bracket.
  if (!kFields) return scalar && value.find_first_of("[]{") != value.npos ? nullptr : behind;
  if (!scalar && value.back() != ']') return nullptr;
  const std::string_view reason =
      scalar ? AddJsonScalar(NameOf(step), value, out) : AddJsonNested(NameOf(step), value, out);
  return reason.empty() ? behind : nullptr;
}

// The part that stands at `p`, of those that begin with `first`.
[[gnu::always_inline]] inline JsonShapes::Step* JsonShapes::Find(uint16_t* first, const char* p, const char* end) {
  if (*first == 0) return nullptr;
  Step* const step = &steps_[*first];
  return IsAt(*step, p, end) ? step : FindSibling(first, p, end);
}

// Puts it first: the next line is most likely like this one.
[[gnu::noinline]] JsonShapes::Step* JsonShapes::FindSibling(uint16_t* first, const char* p, const char* end) {
  Step* before = &steps_[*first];
  while (before->sibling != 0) {
    const uint16_t at = before->sibling;
    Step* const step = &steps_[at];
    if (IsAt(*step, p, end)) {
      before->sibling = step->sibling;
      step->sibling = *first;
      *first = at;
      return step;
    }
    before = step;
  }
  return nullptr;
}

// The text of one kind may be the beginning of another's: what follows has to fit.
[[gnu::always_inline]] inline bool JsonShapes::IsAt(const Step& step, const char* p, const char* end) const {
  if (!StandsAt({texts_.get() + step.text, step.text_size}, p, end)) return false;
  if (step.kind == Kind::kString) [[likely]]
    return true;
  const char* const behind = p + step.text_size;
  if (step.kind == Kind::kEnd || behind == end) return step.kind == Kind::kEnd && behind == end;
  if (step.kind == Kind::kArray) return *behind == '[';
  if (step.kind == Kind::kEmptyObject) return *behind == '{' && behind + 1 < end && behind[1] == '}';
  return static_cast<uint8_t>(*behind) > ' ' && *behind != '"' && *behind != '[' && *behind != '{';
}

bool JsonShapes::MayTry() {
  tried_ = confidence_ > 0 || ++skipped_ % kRetryLines == 0;
  return tried_;
}

void JsonShapes::Tried(bool found) {
  confidence_ = found ? std::min(confidence_ + 1, kConfidenceMax) : std::max(confidence_ - kMissCost, 0);
}

void JsonShapes::Learn(std::string_view text) {
  if (!tried_) return;
  tried_ = false;
  if (shape_ == nullptr) {
    shape_ = std::make_unique<JsonShape>();
    texts_.reset(new char[kTextBytesMax + kRoomPadding]());
    steps_.reset(new Step[kStepsMax]);
  }
  if (!shape_->Read(text) || Insert(shape_->parts())) return;
  Forget();
  if (!Insert(shape_->parts())) Forget();  // too long by itself
}

// False if there is no more room for it.
bool JsonShapes::Insert(std::span<const JsonPart> parts) {
  uint16_t* first = &first_;
  for (const JsonPart& part : parts) {
    const uint16_t at = FindOrAdd(part, first);
    if (at == 0) return false;
    first = &steps_[at].child;
  }
  return true;
}

uint16_t JsonShapes::FindOrAdd(const JsonPart& part, uint16_t* first) {
  int siblings = 0;
  for (uint16_t at = *first; at != 0; at = steps_[at].sibling, ++siblings) {
    const Step& known = steps_[at];
    if (known.kind == part.kind && part.text == std::string_view(texts_.get() + known.text, known.text_size)) return at;
  }
  const size_t bytes = part.text.size() + part.name.size();
  if (siblings == kSiblingsMax || steps_count_ == kStepsMax || bytes > kTextBytesMax - text_bytes_) return 0;
  steps_[steps_count_] = {.text = Keep(part.text),
                          .name = Keep(part.name),
                          .text_size = static_cast<uint16_t>(part.text.size()),
                          .name_size = static_cast<uint16_t>(part.name.size()),
                          .kind = part.kind,
                          .meaning = part.meaning,
                          .sibling = *first};
  *first = steps_count_++;
  return *first;
}

uint32_t JsonShapes::Keep(std::string_view text) {
  std::copy(text.begin(), text.end(), texts_.get() + text_bytes_);
  const auto at = static_cast<uint32_t>(text_bytes_);
  text_bytes_ += text.size();
  return at;
}

void JsonShapes::Forget() {
  text_bytes_ = 0;
  steps_count_ = 1;
  first_ = 0;
}

}  // namespace sluice::agent
