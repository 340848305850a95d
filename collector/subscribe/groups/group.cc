#include "collector/subscribe/groups/group.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "collector/support/timestamp.h"

namespace sluice::collector {

Group::Group(std::string name, const std::string& cursor, int64_t revoke_timeout_nanos, Sharing sharing)
    : name_(std::move(name)),
      revoke_timeout_nanos_(revoke_timeout_nanos),
      sharing_(sharing),
      held_(sharing == Sharing::kHere ? kAllSlots : 0) {
  positions_.fill(cursor);
}

absl::StatusOr<Group> Group::Restore(std::string name, const std::string& state, int64_t revoke_timeout_nanos) {
  v1::GroupState saved;
  SlotSet known = 0;
  Group group(std::move(name), "", revoke_timeout_nanos);
  const bool parsed = saved.ParseFromString(state);
  for (const v1::GroupPosition& position : saved.positions()) {
    known |= position.slots();
    group.MoveTo(position.slots(), position.cursor());
  }
  if (!parsed || known != kAllSlots)
    return DataLoss("the stored state of the consumer group ", group.name_, " is damaged");
  group.topics_.assign(saved.topics().begin(), saved.topics().end());
  group.last_used_unix_nano_ = static_cast<int64_t>(saved.last_used_unix_nano());
  group.dirty_ = false;
  return group;
}

std::string Group::State() const {
  v1::GroupState state;
  state.mutable_topics()->Add(topics_.begin(), topics_.end());
  state.set_last_used_unix_nano(static_cast<uint64_t>(last_used_unix_nano_));
  if (sharing_ == Sharing::kElsewhere) state.set_request(request_);
  for (const auto& [cursor, slots] : PositionsOf(held_)) {
    v1::GroupPosition* position = state.add_positions();
    position->set_slots(slots);
    position->set_cursor(cursor);
  }
  return state.SerializeAsString();
}

absl::Status Group::Join(NewMember member, int64_t now_unix_nano, int64_t now_nano) {
  int present = 0;
  for (const auto& [id, other] : members_) {
    if (other.gone) continue;
    ++present;
    if (other.info.request == member.request) continue;
    return OtherRequest(name_);
  }
  if (present >= kSlots) {
    return ResourceExhausted("group: '", name_, "' has ", present, " members, as many as it has shares");
  }
  topics_ = member.topics;
  request_ = member.request;
  last_used_unix_nano_ = now_unix_nano;
  dirty_ = true;
  const MemberId id = member.id;
  members_[id].info = std::move(member);
  Rebalance(now_nano);
  return absl::OkStatus();
}

absl::Status Group::OtherRequest(const std::string& group) {
  return FailedPrecondition("group: '", group,
                            "' has a member that asks for other topics or records; all members of a "
                            "group ask for the same");
}

void Group::Leave(MemberId id, bool complete, int64_t now_unix_nano, int64_t now_nano) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  Member& member = found->second;
  last_used_unix_nano_ = now_unix_nano;
  dirty_ = true;
  member.gone = true;
  member.target = 0;
  if (!complete || member.unacknowledged == 0) {
    Free(&member, member.owned);
    members_.erase(found);
  } else {
    // Its readers are gone: a lane stands where its last message left it. A lane without one stands at its position.
    HandOver(&member, [&](uint64_t lane) {
      for (auto message = member.sent.rbegin(); message != member.sent.rend(); ++message) {
        if (message->lane == lane) return message->cursor;
      }
      return std::string();
    });
  }
  Rebalance(now_nano);
}

SlotSet Group::Leaving(const Member& member) {
  SlotSet leaving = member.owned & ~member.target;
  for (const auto& [id, lane] : member.lanes) {
    for (const Handover& handover : lane.handovers) leaving |= handover.slots;
  }
  return leaving;
}

void Group::Rebalance(int64_t now_nano) {
  ++generation_;
  if (sharing_ == Sharing::kHere) {
    std::map<MemberId, SlotSet> present;
    for (const auto& [id, member] : members_) {
      if (!member.gone) present[id] = member.target;
    }
    for (const auto& [id, slots] : AssignSlots(present)) members_[id].target = slots;
  }
  for (auto& [id, member] : members_) {
    if (Leaving(member) == 0) {
      member.revoke_at_nano = 0;
    } else if (member.revoke_at_nano == 0) {
      member.revoke_at_nano = now_nano + revoke_timeout_nanos_;
    }
    if (!member.gone) woken_.insert(id);
  }
}

Group::Share Group::Sync(MemberId id, const std::function<std::string(uint64_t lane)>& cursor_of) {
  const auto found = members_.find(id);
  if (found == members_.end()) return {};
  Member& member = found->second;
  HandOver(&member, cursor_of);
  FinishHandovers(&member);
  Share share;
  share.member = member.info.name;
  share.generation = generation_;
  share.slots = CountSlots(member.target);
  const SlotSet granted = member.target & ~owned_;
  std::map<std::string, SlotSet> by_cursor;
  for (int slot = 0; slot < kSlots; ++slot) {
    if ((granted >> slot & 1) != 0) by_cursor[positions_[slot]] |= SlotSet{1} << slot;
  }
  for (const auto& [cursor, slots] : by_cursor) {
    const uint64_t lane = ++last_lane_;
    member.lanes[lane].slots = std::make_shared<std::atomic<SlotSet>>(slots);
    share.lanes.push_back({lane, member.lanes[lane].slots, cursor});
  }
  member.owned |= granted;
  owned_ |= granted;
  share.settled = member.owned == member.target && (sharing_ == Sharing::kHere || member.target != 0);
  return share;
}

void Group::Grant(MemberId id, const SlotPositions& positions) {
  const auto found = members_.find(id);
  if (found == members_.end() || found->second.gone) return;  // its claim ends, too
  for (const auto& [cursor, slots] : positions) {
    // What somebody here still reads stands where that one says.
    MoveTo(slots & ~owned_, cursor);
    found->second.target |= slots;
    held_ |= slots;
  }
  ++generation_;
  woken_.insert(id);
}

void Group::Withdraw(MemberId id, SlotSet slots, bool lost, int64_t now_nano) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  found->second.target &= ~slots;
  Rebalance(now_nano);
  if (!lost || Leaving(found->second) == 0) return;
  found->second.revoke_at_nano = now_nano;
  Expire(now_nano);
}

SlotSet Group::Released() const {
  SlotSet wanted = owned_;
  for (const auto& [id, member] : members_) wanted |= member.target;
  return held_ & ~wanted;
}

void Group::HandOver(Member* member, const std::function<std::string(uint64_t lane)>& cursor_of) {
  const SlotSet leaving = member->owned & ~member->target;
  for (auto& [id, lane] : member->lanes) {
    const SlotSet slots = *lane.slots & leaving;
    if (slots == 0) continue;
    *lane.slots &= ~slots;
    lane.handovers.push_back({slots, member->last_number, cursor_of(id)});
  }
}

uint64_t Group::Sent(MemberId id, uint64_t lane, std::string cursor, bool records) {
  const auto found = members_.find(id);
  if (found == members_.end()) return 0;
  Member& member = found->second;
  member.sent.push_back({++member.last_number, lane, std::move(cursor), records});
  if (records) ++member.unacknowledged;
  const uint64_t number = member.last_number;
  PopAcknowledged(&member, 0);
  return number;
}

absl::Status Group::Acknowledge(const std::string& name, uint64_t number) {
  const auto found =
      std::find_if(members_.begin(), members_.end(), [&](const auto& entry) { return entry.second.info.name == name; });
  if (found == members_.end()) {
    return NotFound("member: '", name, "' is no member of the group '", name_,
                    "' any more; what it has not acknowledged is delivered again");
  }
  Member& member = found->second;
  if (number > member.last_number) return InvalidArgument("cursor: this member was sent no such message");
  PopAcknowledged(&member, number);
  FinishHandovers(&member);
  woken_.insert(found->first);
  if (member.gone && member.owned == 0) members_.erase(found);
  return absl::OkStatus();
}

void Group::PopAcknowledged(Member* member, uint64_t number) {
  while (!member->sent.empty() && (member->sent.front().number <= number || !member->sent.front().records)) {
    Commit(*member, member->sent.front());
    if (member->sent.front().records) --member->unacknowledged;
    member->sent.pop_front();
  }
}

void Group::Commit(const Member& member, const SentMessage& message) {
  const auto lane = member.lanes.find(message.lane);
  if (lane == member.lanes.end()) return;
  SlotSet slots = *lane->second.slots;
  for (const Handover& handover : lane->second.handovers) {
    if (message.number <= handover.after) slots |= handover.slots;
  }
  MoveTo(slots, message.cursor);
}

void Group::FinishHandovers(Member* member) {
  const uint64_t first_open = member->sent.empty() ? member->last_number + 1 : member->sent.front().number;
  for (auto& [id, lane] : member->lanes) {
    for (Handover& handover : lane.handovers) {
      if (handover.after >= first_open) continue;
      if (!handover.cursor.empty()) MoveTo(handover.slots, handover.cursor);
      Free(member, std::exchange(handover.slots, 0));
    }
    std::erase_if(lane.handovers, [](const Handover& handover) { return handover.slots == 0; });
  }
  if (!member->sent.empty()) return;
  std::erase_if(member->lanes,
                [](const auto& lane) { return *lane.second.slots == 0 && lane.second.handovers.empty(); });
}

void Group::Free(Member* member, SlotSet slots) {
  if (slots == 0) return;
  for (auto& [id, lane] : member->lanes) *lane.slots &= ~slots;
  member->owned &= ~slots;
  owned_ &= ~slots;
  dirty_ = dirty_ || sharing_ == Sharing::kElsewhere;
  if (Leaving(*member) == 0) member->revoke_at_nano = 0;
  for (const auto& [id, other] : members_) {
    if ((other.target & slots) != 0) woken_.insert(id);
  }
}

void Group::MoveTo(SlotSet slots, const std::string& cursor) {
  for (int slot = 0; slot < kSlots; ++slot) {
    if ((slots >> slot & 1) == 0 || positions_[slot] == cursor) continue;
    positions_[slot] = cursor;
    dirty_ = true;
  }
}

bool Group::Merge(MemberId id, uint64_t into, uint64_t from, const std::string& cursor) {
  const auto found = members_.find(id);
  if (found == members_.end() || !found->second.sent.empty()) return false;
  std::map<uint64_t, Lane>& lanes = found->second.lanes;
  const auto to = lanes.find(into);
  const auto gone = lanes.find(from);
  // One that has lost all its slots may be forgotten already.
  if (to == lanes.end()) return false;
  if (gone != lanes.end()) *to->second.slots |= gone->second.slots->exchange(0);
  MoveTo(*to->second.slots, cursor);
  return true;
}

int64_t Group::Expire(int64_t now_nano) {
  int64_t next = 0;
  for (auto entry = members_.begin(); entry != members_.end();) {
    Member& member = entry->second;
    if (member.revoke_at_nano != 0 && member.revoke_at_nano <= now_nano) {
      const SlotSet late = Leaving(member);
      for (auto& [id, lane] : member.lanes) {
        for (Handover& handover : lane.handovers) handover.slots &= ~late;
      }
      Free(&member, late);
    }
    if (member.revoke_at_nano != 0) next = next == 0 ? member.revoke_at_nano : std::min(next, member.revoke_at_nano);
    entry = member.gone && member.owned == 0 ? members_.erase(entry) : std::next(entry);
  }
  return next;
}

size_t Group::Unacknowledged(MemberId id) const {
  const auto found = members_.find(id);
  return found == members_.end() ? 0 : found->second.unacknowledged;
}

size_t Group::UnacknowledgedOf(const std::string& name) const {
  for (const auto& [id, member] : members_) {
    if (member.info.name == name) return member.unacknowledged;
  }
  return 0;
}

SlotPositions Group::PositionsOf(SlotSet slots) const {
  SlotPositions positions;
  for (int slot = 0; slot < kSlots; ++slot) {
    if ((slots >> slot & 1) != 0) positions[positions_[slot]] |= SlotSet{1} << slot;
  }
  return positions;
}

void Group::Touch(int64_t now_unix_nano) {
  last_used_unix_nano_ = now_unix_nano;
  dirty_ = true;
}

v1::Group Group::Describe() const {
  v1::Group group;
  group.set_name(name_);
  group.mutable_topics()->Add(topics_.begin(), topics_.end());
  *group.mutable_last_used() = ToTimestamp(last_used_unix_nano_);
  for (const auto& [id, member] : members_) {
    if (member.gone) continue;
    v1::GroupMember* described = group.add_members();
    described->set_member(member.info.name);
    described->set_slots(static_cast<uint32_t>(CountSlots(member.owned)));
    described->set_peer(member.info.peer);
    described->set_unacknowledged(member.unacknowledged);
  }
  return group;
}

}  // namespace sluice::collector
