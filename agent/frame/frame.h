// What a record is made of, as it is cut out of a file. Pure values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "sluice/v1/log.pb.h"

namespace sluice::agent {

// What the bytes before a place in a file tell of those behind it. Everything else about a record follows from the
// bytes from its own beginning on: so that a file that is read again from a place where a batch ended gives the same
// records.
struct FrameState {
  bool known = false;   // false: to be found out from the bytes before
  bool inside = false;  // the place is inside of a line, or of a record of several lines: it goes on there
  // Container formats: where the last line of each stream began that goes on in that stream's next one; plus 1, 0:
  // none.
  std::array<uint64_t, 2> open = {0, 0};
};

// The bytes that were read, and what is known of the rest.
struct FrameInput {
  std::string_view bytes;
  uint64_t offset = 0;     // of the first one, in the file
  bool at_end = false;     // the file has no more at the moment
  bool flush = false;      // with at_end: whole lines are not waited on any longer
  bool finishing = false;  // with at_end: there will be no more, also not of a line without its newline
};

struct Frame {
  std::string_view text;        // what the body is made from
  std::string_view exact = {};  // the exact bytes, where the text does not show them
  uint64_t offset = 0;          // where it begins in the file
  uint64_t next = 0;            // where the next one begins
  v1::LinePart part = v1::LINE_PART_UNSPECIFIED;
  // Container formats.
  std::string_view time = {};    // the wrapper's
  std::string_view stream = {};  // "stdout", "stderr"
  std::string_view error = {};   // why the line has no wrapper
  std::span<const std::pair<std::string_view, std::string_view>> attributes = {};

  FrameState after = {};  // at `next`
};

constexpr bool GoesOn(v1::LinePart part) { return part == v1::LINE_PART_FIRST || part == v1::LINE_PART_MIDDLE; }

// Cuts what was read into records. One thread; holds the buffers that it needs.
class Framer {
 public:
  virtual ~Framer() = default;
  // Begins with new bytes. `state` is known.
  virtual void Begin(const FrameInput& input, const FrameState& state) = 0;
  // The next record; false if what is left is not complete. The views of `frame` live until the next call.
  virtual bool Next(Frame* frame) = 0;
};

}  // namespace sluice::agent
