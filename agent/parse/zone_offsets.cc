#include "agent/parse/zone_offsets.h"

#include <algorithm>
#include <limits>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

constexpr int64_t kLatestYear = 2262;  // no time is later

absl::StatusOr<absl::TimeZone> LoadZone(const std::string& name) {
  absl::TimeZone zone;
  // A path would be loaded, too.
  if (name.empty() || name[0] == '/' || name[0] == '.' || !absl::LoadTimeZone(name, &zone)) {
    return InvalidArgument("found ", Quoted(name),
                           "; it is no time zone that this host knows (package tzdata), such as Europe/Berlin");
  }
  return zone;
}

}  // namespace

absl::Status ZoneOffsets::Check(const std::string& name) { return LoadZone(name).status(); }

absl::StatusOr<std::shared_ptr<const ZoneOffsets>> ZoneOffsets::Load(const std::string& name) {
  SLUICE_ASSIGN_OR_RETURN(const absl::TimeZone zone, LoadZone(name));
  std::shared_ptr<ZoneOffsets> offsets(new ZoneOffsets());
  constexpr int64_t kAlways = std::numeric_limits<int64_t>::min();
  absl::Time change = absl::UnixEpoch();
  int64_t offset = zone.At(change).offset;
  offsets->spans_.push_back({kAlways, kAlways, offset});
  absl::TimeZone::CivilTransition clocks;
  while (zone.NextTransition(change, &clocks) && clocks.to.year() < kLatestYear) {
    const int64_t from = clocks.from - absl::CivilSecond();
    const int64_t to = clocks.to - absl::CivilSecond();
    const int64_t unix_begin = from - offset;
    change = absl::FromUnixSeconds(unix_begin);
    offset = zone.At(change).offset;
    offsets->spans_.push_back({std::max(from, to), unix_begin, offset});
  }
  return offsets;
}

template <int64_t ZoneOffsets::Span::* kBegin>
const ZoneOffsets::Span& ZoneOffsets::Find(int64_t seconds) const {
  const auto next = std::upper_bound(spans_.begin(), spans_.end(), seconds,
                                     [](int64_t value, const Span& span) { return value < span.*kBegin; });
  const auto at = static_cast<size_t>(next - spans_.begin()) - 1;
  last_.store(at, std::memory_order_relaxed);
  return spans_[at];
}

template const ZoneOffsets::Span& ZoneOffsets::Find<&ZoneOffsets::Span::local_begin>(int64_t) const;
template const ZoneOffsets::Span& ZoneOffsets::Find<&ZoneOffsets::Span::unix_begin>(int64_t) const;

}  // namespace sluice::agent
