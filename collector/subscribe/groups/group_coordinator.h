// All consumer groups of this collector: joins, acknowledgements, what is saved, whose time is over.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/event_log.h"
#include "collector/subscribe/groups.h"
#include "collector/subscribe/groups/group.h"
#include "collector/subscribe/groups/group_options.h"
#include "collector/subscribe/groups/group_subscription.h"
#include "collector/support/collector_metrics.h"
#include "collector/support/executor.h"

namespace sluice::collector {

// The groups' states are saved one after the other on the executor: at once if somebody waits for it, else within a
// second.
//
// If collectors share groups (the log has group_claims), a group here is only what this collector's members have of it:
// each member claims slots for itself, what is granted is read from where the store says, and what is revoked is
// released when it is acknowledged (or its time is over) and saved. Whoever has not heard yet that a slot is not its
// own any more may save a position late: that says no more than what was acknowledged, so the worst of it are repeats.
// Thread-safe.
class GroupCoordinator final : public Groups {
 public:
  struct Context {
    EventLog* log = nullptr;  // has a group_store
    Executor* executor = nullptr;
    CollectorMetrics* metrics = nullptr;
    const Clock* clock = nullptr;
    SubscriptionLimits limits;
  };
  // Loads the groups. Nothing of `context` is owned.
  static absl::StatusOr<std::unique_ptr<GroupCoordinator>> Open(const GroupOptions& options, const Context& context);
  ~GroupCoordinator() override;  // Stops

  absl::StatusOr<std::unique_ptr<MessageSource>> Join(const v1::SubscribeRequest& request,
                                                      std::shared_ptr<const Filter> filter, std::string peer,
                                                      std::function<void()> wake) override;
  void Acknowledge(const v1::AcknowledgeRequest& request, std::function<void(const absl::Status&)> done) override;
  v1::ListGroupsResponse List() override;

  // Saves what is not saved. No timers any more. Idempotent.
  void Stop();

 private:
  class Member;
  class ClaimEvents;
  using Done = std::function<void(const absl::Status&)>;
  struct Waker {
    std::function<void()> wake;
    std::shared_ptr<std::atomic<bool>> sync_due;
  };
  struct Entry {
    explicit Entry(Group g) : group(std::move(g)) {}

    Group group;
    std::map<MemberId, Waker> wakers;
    bool dirty = false;
    bool saved = false;  // ever; before that nobody reads
    std::vector<Done> waiting;
    CollectorMetrics::GroupSeries series;
    // Of the members; and of those that are gone, until what they had is saved.
    std::map<MemberId, std::unique_ptr<GroupClaim>> claims;
    std::vector<std::unique_ptr<GroupClaim>> closing;
  };
  struct SaveTask {
    std::string name;
    std::string state;
    std::vector<Done> waiting;
    SlotSet released = 0;
    std::vector<std::unique_ptr<GroupClaim>> closing;
  };

  GroupCoordinator(const GroupOptions& options, const Context& context);
  absl::Status Load();
  // What has to be the same for all members.
  static std::string CommonRequest(v1::SubscribeRequest request);

  absl::StatusOr<Entry*> FindOrMake(const v1::SubscribeRequest& request, const std::string& start)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The group, as others may have it already, for a member that is about to join.
  absl::Status OpenShared(const v1::SubscribeRequest& request, const std::string& start);
  absl::Status Claim(const std::string& group, MemberId id, const std::string& member, const std::string& peer);
  // After each change: wakes, and sees to it that it is saved.
  void Settle(Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ScheduleSave() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Until everything is saved, or an error.
  void Save();
  bool TakeSaveTask(SaveTask* task, std::vector<std::string>* removed);
  void Saved(SaveTask* task, const absl::Status& status);

  void Tick();
  void ScheduleTick();
  // Groups that nobody has used for long.
  void ForgetOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsOld(int64_t last_used_unix_nano) const;
  void MeasureLag();
  // All groups that are saved, with the members at all collectors if asked for; `positions` of each.
  v1::ListGroupsResponse ListShared(bool members, std::vector<SlotPositions>* positions);
  v1::ListGroupsResponse ListHere(std::vector<SlotPositions>* positions);
  v1::ListGroupsResponse WithLag(v1::ListGroupsResponse response, const std::vector<SlotPositions>& positions);
  // Those that others have made, or removed, or nobody has used for long.
  void FollowShared(const v1::ListGroupsResponse& listed);
  std::optional<uint64_t> LagOf(const std::vector<std::string>& topics, const SlotPositions& positions);

  const GroupOptions options_;
  const Context context_;
  GroupStore* const store_;
  GroupClaims* const claims_;  // null: all members are here

  Mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> groups_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> removed_ ABSL_GUARDED_BY(mutex_);  // to be removed from the store
  MemberId last_member_ ABSL_GUARDED_BY(mutex_) = 0;
  bool saving_ ABSL_GUARDED_BY(mutex_) = false;  // a task is on its way, or runs
  bool failing_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t ticks_ ABSL_GUARDED_BY(mutex_) = 0;
  Executor::TimerId timer_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::collector
