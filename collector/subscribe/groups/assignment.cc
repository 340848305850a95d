#include "collector/subscribe/groups/assignment.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

namespace sluice::collector {
namespace {

SlotSet Lowest(SlotSet slots, int count) {
  SlotSet taken = 0;
  for (; count > 0 && slots != 0; --count) {
    const SlotSet lowest = slots & -slots;
    taken |= lowest;
    slots &= ~lowest;
  }
  return taken;
}

}  // namespace

std::map<MemberId, SlotSet> AssignSlots(const std::map<MemberId, SlotSet>& present) {
  if (present.empty()) return {};
  const int members = static_cast<int>(present.size());
  // Those that have most keep one more, if it does not come out even.
  std::vector<std::pair<int, MemberId>> by_size;
  by_size.reserve(present.size());
  for (const auto& [member, slots] : present) by_size.emplace_back(-CountSlots(slots), member);
  std::sort(by_size.begin(), by_size.end());
  std::map<MemberId, SlotSet> assigned;
  std::map<MemberId, int> quota;
  SlotSet left = kAllSlots;
  for (int i = 0; i < members; ++i) {
    const MemberId member = by_size[i].second;
    quota[member] = kSlots / members + (i < kSlots % members ? 1 : 0);
    assigned[member] = Lowest(present.at(member), quota[member]);
    left &= ~assigned[member];
  }
  for (auto& [member, slots] : assigned) {
    const SlotSet more = Lowest(left, quota[member] - CountSlots(slots));
    slots |= more;
    left &= ~more;
  }
  return assigned;
}

}  // namespace sluice::collector
