// Records of one or several lines, in any encoding.
#pragma once

#include <string>
#include <string_view>

#include "agent/frame/encoding.h"
#include "agent/frame/frame.h"
#include "agent/frame/multiline_rule.h"

namespace sluice::agent {

// A record ends where the next one begins: it waits for the next line, or FrameInput::flush. Without a rule each line
// is a record, and does not wait.
//
// A record longer than `max_bytes`, or of more lines than allowed, goes out in parts whose joined bytes are the record.
// A part never ends right behind a newline: so the byte before a place tells whether a record goes on there. Where this
// cannot be, in nothing but newlines, the record ends.
class GroupFramer final : public Framer {
 public:
  // `max_bytes`: of the file, 4 at least. An input that is not at_end must have twice as many and 8.
  explicit GroupFramer(size_t max_bytes) : max_(max_bytes) {}

  // How the next inputs are to be read. `encoding` is not kUtf16; `rule` may be null, and must live as long as it is
  // used.
  void Use(Encoding encoding, const MultilineRule* rule, size_t lines_max);

  void Begin(const FrameInput& input, const FrameState& state) override;
  bool Next(Frame* frame) override;

 private:
  // A line of the input, [begin, end) without its newline; `whole`: its newline is there.
  struct Line {
    size_t begin;
    size_t end;
    bool whole;
  };
  struct Group;

  // False if neither the line's end nor too much of it is there.
  bool FindLine(size_t begin, Line* line) const;
  // The line as the rule sees it.
  std::string_view TextOf(const Line& line);
  bool EndGroup(const Group& group, const Line& rest, Frame* frame);
  bool Emit(size_t begin, size_t end, bool terminated, Frame* frame);
  bool Split(size_t begin, size_t end, Frame* frame);
  void Fill(size_t begin, size_t end, Frame* frame);

  const size_t max_;
  Encoding encoding_ = Encoding::kUtf8;
  size_t unit_ = 1;
  const MultilineRule* rule_ = nullptr;
  size_t lines_max_ = 0;

  FrameInput input_;
  bool inside_ = false;
  size_t phase_ = 0;
  size_t position_ = 0;
  std::string line_text_;
  std::string text_;
};

}  // namespace sluice::agent
