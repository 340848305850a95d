// A member of a consumer group: its share of the log, in one stream of messages.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "collector/subscribe/groups/group.h"
#include "collector/subscribe/subscription.h"

namespace sluice::collector {

// What a member needs of its group; the calls are those of Group. Thread-safe.
class Membership {
 public:
  virtual ~Membership() = default;
  virtual Group::Share Sync(const std::function<std::string(uint64_t lane)>& cursor_of) = 0;
  virtual uint64_t Sent(uint64_t lane, std::string cursor, bool records) = 0;
  virtual bool Merge(uint64_t into, uint64_t from, const std::string& cursor) = 0;
  virtual size_t Unacknowledged() = 0;
  virtual void Leave(bool complete) = 0;
};

// Reads with one reader for each position that its slots stand at; readers that have come to the same place are joined.
// Not thread-safe.
class GroupSubscription final : public MessageSource {
 public:
  // Messages with records that a client may leave unacknowledged; then nothing more is sent.
  static constexpr size_t kUnacknowledgedMax = 1'000;

  // `request.start` is not looked at. `sync_due`: there is something for Sync. `log` and `clock` outlive it.
  GroupSubscription(std::unique_ptr<Membership> membership, Subscription::Request request,
                    std::shared_ptr<std::atomic<bool>> sync_due, SubscriptionLimits limits, EventLog* log,
                    const Clock* clock);
  ~GroupSubscription() override;

  absl::StatusOr<Step> Advance(Message* message) override;
  bool progress_due() const override;

  // The cursor of a message, for the client, and back; 0 if it is none.
  static std::string FormatNumber(uint64_t number);
  static uint64_t ParseNumber(std::string_view cursor);

 private:
  struct Lane {
    uint64_t id = 0;
    Group::Slots slots;
    bool caught_up = false;
    std::unique_ptr<Subscription> subscription;
  };

  absl::Status Sync();
  absl::Status Open(Group::NewLane lane);
  void TellMembership(Message* message);
  // One step of one lane; nothing if another lane is to go on.
  absl::StatusOr<std::optional<Step>> AdvanceLane(Lane* lane, Message* message);
  bool AllCaughtUp() const;
  // Joins lanes that stand at the same place.
  void MergeLanes();

  const std::unique_ptr<Membership> membership_;
  const Subscription::Request request_;
  const std::shared_ptr<std::atomic<bool>> sync_due_;
  const SubscriptionLimits limits_;
  EventLog* const log_;
  const Clock* const clock_;

  std::vector<Lane> lanes_;
  size_t next_lane_ = 0;
  Group::Share share_;
  bool membership_due_ = false;
  uint64_t records_left_;
  bool complete_ = false;
};

}  // namespace sluice::collector
