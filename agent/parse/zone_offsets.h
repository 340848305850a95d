// How far the clocks of a time zone are ahead of UTC, for times that name no zone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::agent {

// Local times are in seconds since 1970 of what a clock of the zone shows, as if it showed UTC. Immutable but for a
// guess that no result depends on; thread-safe.
class ZoneOffsets {
 public:
  // `name` is IANA's: "Europe/Berlin". InvalidArgument if the host's database of time zones has none of that name.
  static absl::StatusOr<std::shared_ptr<const ZoneOffsets>> Load(const std::string& name);
  // If it could be loaded.
  static absl::Status Check(const std::string& name);

  // When clocks are set back and show a time twice, the first one is meant. A time that they skip is read as if they
  // had not been set forward.
  int64_t ToUtc(int64_t local_seconds) const { return local_seconds - At<&Span::local_begin>(local_seconds).offset; }
  int64_t ToLocal(int64_t unix_seconds) const { return unix_seconds + At<&Span::unix_begin>(unix_seconds).offset; }

 private:
  // From one change of the clocks to the next.
  struct Span {
    int64_t local_begin;
    int64_t unix_begin;
    int64_t offset;
  };

  ZoneOffsets() = default;

  template <int64_t Span::* kBegin>
  const Span& At(int64_t seconds) const {
    const size_t guess = last_.load(std::memory_order_relaxed);  // mostly the time before was of the same span
    const bool before_next = guess + 1 == spans_.size() || seconds < spans_[guess + 1].*kBegin;
    return before_next && spans_[guess].*kBegin <= seconds ? spans_[guess] : Find<kBegin>(seconds);
  }
  template <int64_t Span::* kBegin>
  const Span& Find(int64_t seconds) const;

  std::vector<Span> spans_;  // the first one has no beginning
  mutable std::atomic<size_t> last_ = 0;
};

}  // namespace sluice::agent
