// What GroupCoordinator does where collectors share groups.
#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/subscribe/groups/group_coordinator.h"

namespace sluice::collector {
namespace {

// So often it is said that a group has members, so that nobody forgets it.
constexpr absl::Duration kTouchInterval = absl::Hours(1);

}  // namespace

// What a claim tells.
class GroupCoordinator::ClaimEvents final : public ClaimListener {
 public:
  ClaimEvents(GroupCoordinator* coordinator, std::string group, MemberId id)
      : coordinator_(coordinator), group_(std::move(group)), id_(id) {}

  void OnGranted(const SlotPositions& positions) override {
    MutexLock lock(&coordinator_->mutex_);
    const auto found = coordinator_->groups_.find(group_);
    if (found == coordinator_->groups_.end()) return;
    found->second->group.Grant(id_, positions);
    coordinator_->Settle(found->second.get());
  }
  void OnRevoked(SlotSet slots, bool lost) override {
    MutexLock lock(&coordinator_->mutex_);
    const auto found = coordinator_->groups_.find(group_);
    if (found == coordinator_->groups_.end()) return;
    Entry* const entry = found->second.get();
    entry->group.Withdraw(id_, slots, lost, coordinator_->context_.clock->MonotonicNanos());
    coordinator_->Settle(entry);
    // What was never taken.
    if (const auto claim = entry->claims.find(id_); claim != entry->claims.end()) {
      claim->second->Release(~entry->group.held());
    }
  }

 private:
  GroupCoordinator* const coordinator_;
  const std::string group_;
  const MemberId id_;
};

absl::Status GroupCoordinator::OpenShared(const v1::SubscribeRequest& request, const std::string& start) {
  v1::GroupState fresh;
  *fresh.mutable_topics() = request.topics();
  fresh.set_last_used_unix_nano(static_cast<uint64_t>(context_.clock->UnixNanos()));
  fresh.set_request(CommonRequest(request));
  v1::GroupPosition* const everywhere = fresh.add_positions();
  everywhere->set_slots(kAllSlots);
  everywhere->set_cursor(start);
  SLUICE_ASSIGN_OR_RETURN(const std::string text, claims_->Open(request.group(), fresh.SerializeAsString()));
  v1::GroupState state;
  if (!state.ParseFromString(text)) {
    return DataLoss("the stored state of the consumer group ", request.group(), " is damaged");
  }
  if (state.request().empty() || state.request() == fresh.request()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const std::vector<GroupClaims::Member> members, claims_->Members(request.group()));
  return members.empty() ? absl::OkStatus() : Group::OtherRequest(request.group());
}

absl::Status GroupCoordinator::Claim(const std::string& group, MemberId id, const std::string& member,
                                     const std::string& peer) {
  // Outside of the lock: what it tells may come at once.
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<GroupClaim> claim,
                          claims_->Claim(group, member, peer, std::make_unique<ClaimEvents>(this, group, id)));
  MutexLock lock(&mutex_);
  Entry* const entry = groups_.find(group)->second.get();
  // What came and went meanwhile.
  claim->Release(~entry->group.held());
  entry->claims[id] = std::move(claim);
  return absl::OkStatus();
}

v1::ListGroupsResponse GroupCoordinator::ListShared(bool members, std::vector<SlotPositions>* positions) {
  const auto saved = store_->Load();
  if (!saved.ok()) {
    log::Debug("groups", "cannot list the consumer groups", {{"reason", saved.status()}});
    return ListHere(positions);
  }
  v1::ListGroupsResponse response;
  for (const auto& [name, state] : *saved) {
    const absl::StatusOr<Group> group = Group::Restore(name, state, 0);
    if (!group.ok()) {
      log::Warn("groups", "a consumer group cannot be listed", {{"reason", group.status()}});
      continue;
    }
    v1::Group* const described = response.add_groups();
    *described = group->Describe();
    positions->push_back(group->Positions());
    if (!members) continue;
    absl::StatusOr<std::vector<GroupClaims::Member>> all = claims_->Members(name);
    if (!all.ok()) continue;
    MutexLock lock(&mutex_);
    const auto here = groups_.find(name);
    for (const GroupClaims::Member& member : *all) {
      v1::GroupMember* const one = described->add_members();
      one->set_member(member.name);
      one->set_peer(member.peer);
      one->set_slots(static_cast<uint32_t>(CountSlots(member.slots)));
      if (here != groups_.end()) one->set_unacknowledged(here->second->group.UnacknowledgedOf(member.name));
    }
  }
  return response;
}

void GroupCoordinator::FollowShared(const v1::ListGroupsResponse& listed) {
  std::vector<std::string> old;
  {
    MutexLock lock(&mutex_);
    std::set<std::string, std::less<>> names;
    for (const v1::Group& group : listed.groups()) {
      names.insert(group.name());
      if (!groups_.contains(group.name())) {
        auto entry = std::make_unique<Entry>(Group(group.name(), "", 0, Group::Sharing::kElsewhere));
        entry->group.TakeDirty();
        entry->saved = true;
        entry->series = context_.metrics->NewGroup(group.name());
        groups_.emplace(group.name(), std::move(entry));
      }
      const Entry& entry = *groups_.find(group.name())->second;
      const int64_t last_used = group.last_used().seconds() * 1'000'000'000;
      if (entry.group.empty() && IsOld(last_used)) old.push_back(group.name());
    }
    const int64_t now = context_.clock->UnixNanos();
    const int64_t interval = absl::ToInt64Nanoseconds(std::min(kTouchInterval, options_.retention / 4));
    for (auto named = groups_.begin(); named != groups_.end();) {
      Entry& entry = *named->second;
      if (!entry.group.empty() && entry.group.last_used_unix_nano() < now - interval) {
        entry.group.Touch(now);
        Settle(&entry);
      }
      if (names.contains(named->first) || !entry.group.empty() || entry.dirty || !entry.closing.empty()) {
        ++named;
        continue;
      }
      context_.metrics->RemoveGroup(entry.series);
      named = groups_.erase(named);
    }
  }
  for (const std::string& name : old) {
    const absl::StatusOr<std::vector<GroupClaims::Member>> members = claims_->Members(name);
    if (!members.ok() || !members->empty()) continue;
    log::Info("groups", "a consumer group without members is forgotten", {{"group", name}});
    const absl::Status removed = store_->Remove(name);
    if (!removed.ok()) log::Warn("groups", "a consumer group cannot be removed", {{"reason", removed}});
  }
}

}  // namespace sluice::collector
