#include "agent/frame/container_framer.h"

#include <algorithm>

namespace sluice::agent {
namespace {

constexpr size_t kNone = std::string_view::npos;

size_t FindLineEnd(std::string_view bytes, size_t begin) { return bytes.find('\n', begin); }

}  // namespace

// The record that begins at `begin`, as far as it is known.
struct ContainerFramer::Group {
  // What is taken: where it ends, the size of its text, where its last line begins, and whether that goes on.
  struct Taken {
    size_t end = 0;
    size_t text = 0;
    size_t last_line = 0;
    bool open = false;
  };
  size_t begin;
  size_t stream = 0;
  size_t lines = 0;
  bool continues = false;  // a line that an earlier record of the stream began
  Taken sure = {};
  Taken taken = {};  // with lines that may be of the next record
  MultilineRule::State state = {};
};

void ContainerFramer::Use(Container container, const MultilineRule* rule, size_t lines_max) {
  container_ = container;
  rule_ = rule;
  lines_max_ = lines_max;
}

FrameState ContainerFramer::StateBehind(std::string_view bytes, uint64_t offset) {
  FrameState state{.known = true, .inside = !bytes.empty() && bytes.back() != '\n'};
  const uint64_t begin = offset - bytes.size();
  // Whether a line begins with the first byte, only the byte before could tell.
  size_t line = begin == 0 ? 0 : FindLineEnd(bytes, 0) + 1;
  if (begin != 0 && line == 0) return state;
  for (size_t end; (end = FindLineEnd(bytes, line)) != kNone; line = end + 1) {
    if (end - line > max_ || !unwrapper_.Unwrap(container_, bytes.substr(line, end - line), &line_)) continue;
    state.open[line_.stream] = line_.partial ? begin + line + 1 : 0;
  }
  return state;
}

void ContainerFramer::Begin(const FrameInput& input, const FrameState& state) {
  input_ = input;
  state_ = state;
  position_ = 0;
}

bool ContainerFramer::IsOpen(size_t stream, uint64_t offset) const {
  return state_.open[stream] != 0 && offset - (state_.open[stream] - 1) <= kLookBackBytes;
}

bool ContainerFramer::Next(Frame* frame) {
  if (state_.inside) return NextRaw(frame);
  Group group{.begin = position_};
  for (size_t begin = position_;;) {
    size_t end = FindLineEnd(input_.bytes, begin);
    const bool whole = end != kNone;
    if (!whole) end = input_.bytes.size();
    if (end - begin > max_) return begin > group.begin ? Emit(group, true, frame) : NextRaw(frame);
    if (!whole && (!input_.at_end || !input_.finishing || begin == end)) {
      const bool flushed = input_.at_end && (input_.flush || input_.finishing);
      return flushed && begin > group.begin && Emit(group, true, frame);
    }
    const size_t next = whole ? end + 1 : end;
    if (!TakeLine(begin, end, next, &group)) {
      return begin > group.begin ? Emit(group, true, frame) : EmitPlain(begin, end, next, frame);
    }
    if (!whole) return Emit(group, /*terminated=*/group.sure.end != end, frame);
    if (rule_ == nullptr && !group.taken.open) return Emit(group, true, frame);
    begin = end + 1;
  }
}

// Takes the line in if it goes on with the record.
bool ContainerFramer::TakeLine(size_t begin, size_t end, size_t next, Group* group) {
  if (!unwrapper_.Unwrap(container_, input_.bytes.substr(begin, end - begin), &line_)) return false;
  std::string_view text = line_.text;
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  bool is_sure = true;
  if (begin == group->begin) {
    TakeFirst(begin, group);
    if (rule_ != nullptr && !group->continues) rule_->First(text, &group->state);
  } else {
    if (line_.stream != group->stream) return false;
    if (end - group->begin > max_) return false;
    if (group->taken.open) {
      is_sure = group->sure.end == group->taken.end;  // the line that goes on is
    } else {
      if (rule_ == nullptr || group->lines >= lines_max_) return false;
      const LineVerdict verdict = rule_->Next(text, &group->state);
      if (verdict == LineVerdict::kBegins) return false;
      is_sure = verdict == LineVerdict::kContinues;
      text_.push_back('\n');
    }
  }
  text_.append(line_.text);
  ++group->lines;
  group->taken = {.end = next, .text = text_.size(), .last_line = begin, .open = line_.partial};
  if (is_sure) group->sure = group->taken;
  return true;
}

void ContainerFramer::TakeFirst(size_t begin, Group* group) {
  group->stream = line_.stream;
  group->continues = IsOpen(line_.stream, input_.offset + begin);
  text_.clear();
  time_ = line_.time;
  attributes_.assign(line_.attributes.begin(), line_.attributes.end());
}

// A line too long to be looked at, in parts as it stands.
bool ContainerFramer::NextRaw(Frame* frame) {
  const std::string_view bytes = input_.bytes.substr(position_);
  const size_t newline = FindLineEnd(bytes, 0);
  const size_t end = newline == kNone ? bytes.size() : newline;
  const bool inside = state_.inside;
  if (end > max_) {
    const size_t size = CutAt(Encoding::kUtf8, bytes, max_);
    EmitPlain(position_, position_ + size, position_ + size, frame);
    frame->part = inside ? v1::LINE_PART_MIDDLE : v1::LINE_PART_FIRST;
    frame->error = "a line longer than max_line_bytes";
    state_.inside = frame->after.inside = true;
    return true;
  }
  if (newline == kNone && (!input_.at_end || !input_.finishing || end == 0)) return false;
  EmitPlain(position_, position_ + end, position_ + end + (newline == kNone ? 0 : 1), frame);
  frame->part = newline == kNone ? v1::LINE_PART_LAST_UNTERMINATED : v1::LINE_PART_LAST;
  frame->error = {};
  return true;
}

bool ContainerFramer::EmitPlain(size_t begin, size_t end, size_t next, Frame* frame) {
  *frame = Frame{.text = input_.bytes.substr(begin, end - begin), .offset = input_.offset + begin};
  frame->part = next == end ? v1::LINE_PART_UNTERMINATED : v1::LINE_PART_UNSPECIFIED;
  frame->error = line_.error;
  state_.inside = false;
  frame->after = state_;
  frame->next = input_.offset + next;
  position_ = next;
  return true;
}

bool ContainerFramer::Emit(const Group& group, bool terminated, Frame* frame) {
  const Group::Taken& taken = group.sure;
  *frame = Frame{.text = std::string_view(text_).substr(0, taken.text), .offset = input_.offset + group.begin};
  frame->time = time_;
  frame->stream = kContainerStreams[group.stream];
  attribute_views_.assign(attributes_.begin(), attributes_.end());
  frame->attributes = attribute_views_;
  if (!terminated) {
    frame->part = group.continues ? v1::LINE_PART_LAST_UNTERMINATED : v1::LINE_PART_UNTERMINATED;
  } else if (taken.open) {
    frame->part = group.continues ? v1::LINE_PART_MIDDLE : v1::LINE_PART_FIRST;
  } else {
    frame->part = group.continues ? v1::LINE_PART_LAST : v1::LINE_PART_UNSPECIFIED;
  }
  state_.open[group.stream] = taken.open ? input_.offset + taken.last_line + 1 : 0;
  frame->after = state_;
  frame->next = input_.offset + taken.end;
  position_ = taken.end;
  return true;
}

}  // namespace sluice::agent
