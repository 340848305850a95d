#include "agent/frame/group_framer.h"

#include <algorithm>

namespace sluice::agent {
namespace {

constexpr size_t kNone = std::string_view::npos;

}  // namespace

// The record that begins at `begin`, as far as it is known.
struct GroupFramer::Group {
  size_t begin;
  size_t may_end = kNone;  // it ends here, unless a later line says that it goes on
  size_t lines = 0;
  MultilineRule::State state = {};
};

void GroupFramer::Use(Encoding encoding, const MultilineRule* rule, size_t lines_max) {
  encoding_ = encoding;
  unit_ = UnitBytes(encoding);
  rule_ = rule;
  lines_max_ = lines_max;
}

void GroupFramer::Begin(const FrameInput& input, const FrameState& state) {
  input_ = input;
  inside_ = state.inside;
  phase_ = unit_ == 2 ? input.offset & 1 : 0;
  position_ = input.offset == 0 ? MarkBytes(encoding_, input.bytes) : 0;
}

bool GroupFramer::FindLine(size_t begin, Line* line) const {
  const size_t newline = FindNewline(encoding_, input_.bytes, begin, phase_);
  *line = {begin, newline == kNone ? input_.bytes.size() : newline, newline != kNone};
  // Half a code unit may be half of the newline.
  return line->whole || ((line->end - begin) & ~(unit_ - 1)) > max_;
}

std::string_view GroupFramer::TextOf(const Line& line) {
  std::string_view text = input_.bytes.substr(line.begin, std::min(line.end - line.begin, max_));
  if (encoding_ != Encoding::kUtf8) {
    line_text_.clear();
    AppendUtf8(encoding_, text, &line_text_);
    text = line_text_;
  }
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

bool GroupFramer::Next(Frame* frame) {
  Group group{.begin = position_};
  for (Line line{position_, 0, false};; line.begin = line.end + unit_, ++group.lines) {
    if (!FindLine(line.begin, &line)) return EndGroup(group, line, frame);
    if (rule_ != nullptr) {
      LineVerdict verdict = LineVerdict::kContinues;
      if (line.begin != group.begin) {
        verdict = rule_->Next(TextOf(line), &group.state);
      } else if (!inside_) {
        rule_->First(TextOf(line), &group.state);
      }
      if (verdict == LineVerdict::kBegins)
        return Emit(group.begin, std::min(group.may_end, line.begin), /*terminated=*/true, frame);
      if (verdict == LineVerdict::kContinues) group.may_end = kNone;
      if (verdict == LineVerdict::kMayContinue) group.may_end = std::min(group.may_end, line.begin);
    }
    const bool too_many = rule_ != nullptr && group.lines >= lines_max_;
    if (line.end - group.begin > max_ || too_many) {
      if (group.may_end != kNone) return Emit(group.begin, group.may_end, true, frame);
      return Split(group.begin, too_many ? line.begin - unit_ : group.begin + max_, frame);
    }
    if (rule_ == nullptr) return Emit(group.begin, line.end + unit_, true, frame);
  }
}

// The input ends in `rest`, which has no newline.
bool GroupFramer::EndGroup(const Group& group, const Line& rest, Frame* frame) {
  const size_t lines_end = std::min(group.may_end, rest.begin);
  const bool has_lines = lines_end > group.begin;
  if (!input_.at_end) return false;
  if (!input_.finishing || rest.begin == rest.end) {
    return (input_.flush || input_.finishing) && has_lines && Emit(group.begin, lines_end, true, frame);
  }
  if (has_lines) {
    MultilineRule::State state = group.state;
    const LineVerdict verdict = rule_->Next(TextOf(rest), &state);
    if (verdict != LineVerdict::kContinues) return Emit(group.begin, lines_end, true, frame);
    if (rest.end - group.begin > max_) return Split(group.begin, group.begin + max_, frame);
  }
  return Emit(group.begin, rest.end, /*terminated=*/false, frame);
}

// The record, or the last part of it, is [begin, end), with the newline of its last line if that is terminated.
bool GroupFramer::Emit(size_t begin, size_t end, bool terminated, Frame* frame) {
  Fill(begin, terminated ? end - unit_ : end, frame);
  if (terminated) {
    frame->part = inside_ ? v1::LINE_PART_LAST : v1::LINE_PART_UNSPECIFIED;
  } else {
    frame->part = inside_ ? v1::LINE_PART_LAST_UNTERMINATED : v1::LINE_PART_UNTERMINATED;
  }
  inside_ = false;
  frame->after = {.known = true, .inside = false};
  frame->next = input_.offset + end;
  position_ = end;
  return true;
}

// The record goes on behind about `end`.
bool GroupFramer::Split(size_t begin, size_t end, Frame* frame) {
  const std::string_view bytes = input_.bytes.substr(begin);
  const size_t cut = CutAt(encoding_, bytes, end - begin);
  size_t size = cut;
  while (size > 0 && EndsWithNewline(encoding_, bytes, size)) size -= unit_;
  if (size == 0) return Emit(begin, begin + std::max(cut, unit_), /*terminated=*/true, frame);
  Fill(begin, begin + size, frame);
  frame->part = inside_ ? v1::LINE_PART_MIDDLE : v1::LINE_PART_FIRST;
  inside_ = true;
  frame->after = {.known = true, .inside = true};
  frame->next = input_.offset + begin + size;
  position_ = begin + size;
  return true;
}

void GroupFramer::Fill(size_t begin, size_t end, Frame* frame) {
  const std::string_view bytes = input_.bytes.substr(begin, end - begin);
  *frame = Frame{.text = bytes, .offset = input_.offset + begin};
  if (encoding_ == Encoding::kUtf8) return;
  text_.clear();
  if (!AppendUtf8(encoding_, bytes, &text_)) frame->exact = bytes;
  frame->text = text_;
}

}  // namespace sluice::agent
