// How a source's files are cut into records, compiled.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/frame/encoding.h"
#include "agent/frame/multiline_rule.h"

namespace sluice::agent {

// What a container's runtime wraps each line in.
enum class Container : uint8_t { kNone, kDockerJson, kCri };

struct FramingOptions {
  Encoding encoding = Encoding::kUtf8;
  Container container = Container::kNone;
  std::optional<MultilineOptions> multiline = {};

  friend bool operator==(const FramingOptions&, const FramingOptions&) = default;
};

// Immutable; thread-safe.
class Framing {
 public:
  // InvalidArgument says "multiline.start: …", "encoding: …".
  static absl::StatusOr<Framing> Create(const FramingOptions& options);

  // A line is a record, as it stands.
  bool plain() const { return plain_; }
  Encoding encoding() const { return encoding_; }
  Container container() const { return container_; }
  const MultilineRule* rule() const { return rule_.has_value() ? &*rule_ : nullptr; }
  size_t lines_max() const { return lines_max_; }
  absl::Duration timeout() const { return timeout_; }

 private:
  bool plain_ = true;
  Encoding encoding_ = Encoding::kUtf8;
  Container container_ = Container::kNone;
  std::optional<MultilineRule> rule_;
  size_t lines_max_ = MultilineOptions().lines_max;
  absl::Duration timeout_ = MultilineOptions().timeout;
};

}  // namespace sluice::agent
