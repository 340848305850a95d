// Which member of a consumer group gets which slots.
#pragma once

#include <cstdint>
#include <map>

#include "collector/subscribe/groups/slots.h"

namespace sluice::collector {

using MemberId = uint64_t;

// All slots shared out evenly (shares differ by one at most) among the members of `present`, which has what each of
// them has now, disjoint; as few slots as possible change hands. Nobody gets any if there is nobody.
std::map<MemberId, SlotSet> AssignSlots(const std::map<MemberId, SlotSet>& present);

}  // namespace sluice::collector
