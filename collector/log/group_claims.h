// Consumer groups whose members are connected to several collectors: who of them has which slots. For engines that
// several collectors share.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/log/group_slots.h"

namespace sluice::collector {

// Told by a claim, on a thread of the log, one call at a time; not any more once the claim is destroyed.
class ClaimListener {
 public:
  virtual ~ClaimListener() = default;
  // The slots of `positions` are the member's, each with the last position that anybody saved of it. No slots at all:
  // there are none for it now.
  virtual void OnGranted(const SlotPositions& positions) = 0;
  // They are to go to another member, once this one has released them. `lost`: somebody else may have them already.
  virtual void OnRevoked(SlotSet slots, bool lost) = 0;
};

// A member's claim on slots of its group. Destroying it gives all of them up and returns at once; it must not be
// destroyed by its listener, nor under a lock that the listener takes. Thread-safe.
class GroupClaim {
 public:
  virtual ~GroupClaim() = default;
  // Those of `slots` that are revoked are free for others: nothing of them is read or acknowledged any more, and what
  // is acknowledged is saved. Returns at once.
  virtual void Release(SlotSet slots) = 0;
};

// Thread-safe.
class GroupClaims {
 public:
  virtual ~GroupClaims() = default;

  struct Member {
    std::string name;
    std::string peer;
    SlotSet slots = 0;
  };
  // What is saved of the group; if there is no such group yet, it begins as `state` from now on, durably. States are
  // those of GroupStore. Waits for the network.
  virtual absl::StatusOr<std::string> Open(std::string_view group, std::string_view state) = 0;
  // Takes part in sharing out the group's slots. ResourceExhausted if there are too many claims already.
  virtual absl::StatusOr<std::unique_ptr<GroupClaim>> Claim(const std::string& group, const std::string& member,
                                                            const std::string& peer,
                                                            std::unique_ptr<ClaimListener> listener) = 0;
  // Of all collectors, also those that died a moment ago. Waits for the network.
  virtual absl::StatusOr<std::vector<Member>> Members(std::string_view group) = 0;
};

}  // namespace sluice::collector
