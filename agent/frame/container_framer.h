// Records out of a container runtime's lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/frame/container_line.h"
#include "agent/frame/frame.h"
#include "agent/frame/framing.h"

namespace sluice::agent {

// Joins the parts of a line, and with a rule the lines of a record, as long as they stand one behind the other. Where
// the other stream comes between the parts of a line, or the bounds are reached, what there is goes out as a marked
// part. What is joined takes at most `max_bytes` of the file. A line of the file longer than that is no wrapper: it
// goes out in marked parts, as it stands.
class ContainerFramer final : public Framer {
 public:
  // Parts of one line stand at most so far apart to be marked as such.
  static constexpr uint64_t kLookBackBytes = 64 << 10;

  explicit ContainerFramer(size_t max_bytes) : max_(max_bytes) {}

  // How the next inputs are to be read. `rule` may be null.
  void Use(Container container, const MultilineRule* rule, size_t lines_max);
  // The state behind `bytes`: what stands in the file right before a place, kLookBackBytes and one more of it, or all.
  FrameState StateBehind(std::string_view bytes, uint64_t offset);

  void Begin(const FrameInput& input, const FrameState& state) override;
  bool Next(Frame* frame) override;

 private:
  struct Group;

  bool NextRaw(Frame* frame);
  bool TakeLine(size_t begin, size_t end, size_t next, Group* group);
  void TakeFirst(size_t begin, Group* group);
  bool EmitPlain(size_t begin, size_t end, size_t next, Frame* frame);
  bool Emit(const Group& group, bool terminated, Frame* frame);
  bool IsOpen(size_t stream, uint64_t offset) const;

  const size_t max_;
  Container container_ = Container::kCri;
  const MultilineRule* rule_ = nullptr;
  size_t lines_max_ = 0;

  FrameInput input_;
  FrameState state_;
  size_t position_ = 0;
  Unwrapper unwrapper_;
  ContainerLine line_;
  // Of the record's first line.
  std::string text_;
  std::string time_;
  std::vector<std::pair<std::string, std::string>> attributes_;
  std::vector<std::pair<std::string_view, std::string_view>> attribute_views_;
};

}  // namespace sluice::agent
