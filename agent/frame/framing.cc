#include "agent/frame/framing.h"

#include "base/status.h"

namespace sluice::agent {

absl::StatusOr<Framing> Framing::Create(const FramingOptions& options) {
  if (options.container != Container::kNone && options.encoding != Encoding::kUtf8) {
    return InvalidArgument("encoding: container formats are UTF-8; leave it out");
  }
  Framing framing;
  framing.encoding_ = options.encoding;
  framing.container_ = options.container;
  if (options.multiline.has_value()) {
    absl::StatusOr<MultilineRule> rule = MultilineRule::Create(*options.multiline);
    if (!rule.ok()) return Annotate(rule.status(), "multiline");
    framing.rule_ = *std::move(rule);
    framing.lines_max_ = options.multiline->lines_max;
    framing.timeout_ = options.multiline->timeout;
  }
  framing.plain_ =
      options.encoding == Encoding::kUtf8 && options.container == Container::kNone && !options.multiline.has_value();
  return framing;
}

}  // namespace sluice::agent
