// One consumer group: who its members are, which slots each has, and how far each slot is acknowledged. No I/O, no
// threads, time passed in.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/subscribe/groups/assignment.h"
#include "collector/subscribe/groups/slots.h"
#include "sluice/v1/group_state.pb.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::collector {

// Rules:
//  - A slot has one owner at a time, or none. Its position only moves to what its owner has acknowledged.
//  - A slot that is to change hands stays with its owner until that one has been told (Sync), and has acknowledged what
//    it got of it; or until the time for that is over. Then the next one begins at the slot's position.
//  - A lane is what one member reads with one reader: slots of the same position. Slots leave a lane, none comes to it
//    but from a lane that stands at the same place (Merge).
//  - Either the slots are shared out here, evenly; or, if other collectors have members, too (kElsewhere), by Grant and
//    Withdraw, and this group knows only its own members and the positions of their slots.
// Not thread-safe, but for the slots of a lane, which its reader looks at.
class Group {
 public:
  using Slots = std::shared_ptr<std::atomic<SlotSet>>;

  enum class Sharing { kHere, kElsewhere };
  // A group that begins at `cursor`.
  Group(std::string name, const std::string& cursor, int64_t revoke_timeout_nanos, Sharing sharing = Sharing::kHere);
  // As it was saved. DataLoss if that is damaged.
  static absl::StatusOr<Group> Restore(std::string name, const std::string& state, int64_t revoke_timeout_nanos);
  // kElsewhere: only with the slots that are held.
  std::string State() const;

  struct NewMember {
    MemberId id = 0;
    std::string name;
    std::string peer;
    std::vector<std::string> topics;
    // What it asks for, but for where to begin and end: must be that of the other members.
    std::string request;
  };
  // FailedPrecondition (OtherRequest), ResourceExhausted.
  absl::Status Join(NewMember member, int64_t now_unix_nano, int64_t now_nano);
  static absl::Status OtherRequest(const std::string& group);
  // The stream of a member has ended. `complete`: as it should; what it got may still be acknowledged, for a while.
  void Leave(MemberId id, bool complete, int64_t now_unix_nano, int64_t now_nano);

  // A lane to begin with.
  struct NewLane {
    uint64_t id = 0;
    Slots slots;
    std::string cursor;
  };
  struct Share {
    std::string member;
    uint64_t generation = 0;
    int slots = 0;         // that it is to have
    bool settled = false;  // it has them
    std::vector<NewLane> lanes;
  };
  // Of the member itself, between two reads: takes from its lanes what is no longer its own, gives it what has become
  // free. `cursor_of` says where a lane stands.
  Share Sync(MemberId id, const std::function<std::string(uint64_t lane)>& cursor_of);
  // A message of a lane is about to go to the member, and leaves the lane at `cursor`; its number. Only messages with
  // records wait for an acknowledgement.
  uint64_t Sent(MemberId id, uint64_t lane, std::string cursor, bool records);
  // Everything up to this number is acknowledged. InvalidArgument if there is no such message; NotFound.
  absl::Status Acknowledge(const std::string& member, uint64_t number);
  // Lane `from`, which stands where `into` stands, at `cursor`, is over, its slots are `into`'s, and all of them are
  // there: no later message speaks of what `from` passed over. False, and nothing happens, while anything is not
  // acknowledged.
  bool Merge(MemberId id, uint64_t into, uint64_t from, const std::string& cursor);

  // kElsewhere: these slots are the member's now, and stand there.
  void Grant(MemberId id, const SlotPositions& positions);
  // They are not any more; as with all slots that change hands it may finish them, unless they are `lost` already.
  void Withdraw(MemberId id, SlotSet slots, bool lost, int64_t now_nano);
  // Slots that are held and nobody here has or is to have any more. Once their positions are saved, Release.
  SlotSet Released() const;
  void Release(SlotSet slots) { held_ &= ~slots; }
  SlotSet held() const { return held_; }

  // Takes slots whose time is over from those that still have them. The earliest time that is still to come; 0: none.
  int64_t Expire(int64_t now_nano);

  // Members that have something to do; each once.
  std::set<MemberId> TakeWoken() { return std::exchange(woken_, {}); }
  // Its state has changed since the last time.
  bool TakeDirty() { return std::exchange(dirty_, false); }

  // Messages that the member has not acknowledged.
  size_t Unacknowledged(MemberId id) const;
  size_t UnacknowledgedOf(const std::string& member) const;
  bool empty() const { return members_.empty(); }
  bool Has(MemberId id) const { return members_.contains(id); }
  void Touch(int64_t now_unix_nano);
  int64_t last_used_unix_nano() const { return last_used_unix_nano_; }
  const std::string& name() const { return name_; }
  const std::vector<std::string>& topics() const { return topics_; }
  // Which slots stand where.
  SlotPositions Positions() const { return PositionsOf(kAllSlots); }
  v1::Group Describe() const;

 private:
  // A part of a lane that changes hands: everything up to message `after` is acknowledged, then it is free at `cursor`.
  struct Handover {
    SlotSet slots = 0;
    uint64_t after = 0;
    std::string cursor;
  };
  struct Lane {
    Slots slots;
    std::vector<Handover> handovers;
  };
  struct SentMessage {
    uint64_t number = 0;
    uint64_t lane = 0;
    std::string cursor;
    bool records = false;
  };
  struct Member {
    NewMember info;
    bool gone = false;  // it only acknowledges
    SlotSet owned = 0;  // also what is being handed over
    SlotSet target = 0;
    int64_t revoke_at_nano = 0;  // 0: nothing is to be taken from it
    std::map<uint64_t, Lane> lanes;
    std::deque<SentMessage> sent;  // not acknowledged, or behind such a one
    uint64_t last_number = 0;
    size_t unacknowledged = 0;
  };

  // What is not to stay: slots of others, and slots that are being handed over, whoever gets them then.
  static SlotSet Leaving(const Member& member);
  void Rebalance(int64_t now_nano);
  void HandOver(Member* member, const std::function<std::string(uint64_t lane)>& cursor_of);
  void Commit(const Member& member, const SentMessage& message);
  void PopAcknowledged(Member* member, uint64_t number);
  // Frees what is handed over and acknowledged.
  void FinishHandovers(Member* member);
  void Free(Member* member, SlotSet slots);
  void MoveTo(SlotSet slots, const std::string& cursor);
  SlotPositions PositionsOf(SlotSet slots) const;

  std::string name_;
  int64_t revoke_timeout_nanos_;
  Sharing sharing_;
  std::vector<std::string> topics_;
  std::string request_;  // of the last member that joined
  std::array<std::string, kSlots> positions_;
  int64_t last_used_unix_nano_ = 0;
  std::map<MemberId, Member> members_;
  SlotSet owned_ = 0;
  SlotSet held_;  // whose positions are this group's to say: owned, granted, or withdrawn and not released yet
  uint64_t generation_ = 0;
  uint64_t last_lane_ = 0;
  std::set<MemberId> woken_;
  bool dirty_ = true;
};

}  // namespace sluice::collector
