// The shares that a consumer group's members divide among them.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <string>

namespace sluice::collector {

// Every file of every agent falls into one of them, for ever: positions are kept by slot.
inline constexpr int kSlots = 64;

// Bit n: slot n.
using SlotSet = uint64_t;
inline constexpr SlotSet kAllSlots = ~SlotSet{0};
inline int CountSlots(SlotSet slots) { return std::popcount(slots); }

// Which slots stand where, by cursor.
using SlotPositions = std::map<std::string, SlotSet>;

}  // namespace sluice::collector
