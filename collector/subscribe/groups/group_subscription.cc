#include "collector/subscribe/groups/group_subscription.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector {
namespace {

constexpr std::string_view kCursorPrefix = "g1-";

}  // namespace

std::string GroupSubscription::FormatNumber(uint64_t number) { return StrCat(kCursorPrefix, number); }

uint64_t GroupSubscription::ParseNumber(std::string_view cursor) {
  if (!cursor.starts_with(kCursorPrefix)) return 0;
  cursor.remove_prefix(kCursorPrefix.size());
  uint64_t number = 0;
  const auto [at, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), number);
  return error == std::errc() && at == cursor.data() + cursor.size() ? number : 0;
}

GroupSubscription::GroupSubscription(std::unique_ptr<Membership> membership, Subscription::Request request,
                                     std::shared_ptr<std::atomic<bool>> sync_due, SubscriptionLimits limits,
                                     EventLog* log, const Clock* clock)
    : membership_(std::move(membership)),
      request_(std::move(request)),
      sync_due_(std::move(sync_due)),
      limits_(limits),
      log_(log),
      clock_(clock),
      records_left_(request_.limit == 0 ? std::numeric_limits<uint64_t>::max() : request_.limit) {}

GroupSubscription::~GroupSubscription() { membership_->Leave(complete_); }

absl::StatusOr<MessageSource::Step> GroupSubscription::Advance(Message* message) {
  if (complete_) return Step::kEnd;
  if (sync_due_->exchange(false)) SLUICE_RETURN_IF_ERROR(Sync());
  if (std::exchange(membership_due_, false)) {
    TellMembership(message);
    return Step::kSend;
  }
  if (records_left_ == 0) {
    complete_ = true;
    return Step::kEnd;
  }
  if (membership_->Unacknowledged() >= kUnacknowledgedMax) return Step::kWait;
  for (size_t tried = 0; tried < lanes_.size(); ++tried) {
    next_lane_ = (next_lane_ + 1) % lanes_.size();
    SLUICE_ASSIGN_OR_RETURN(const std::optional<Step> step, AdvanceLane(&lanes_[next_lane_], message));
    if (step.has_value()) return *step;
  }
  if (!request_.follow && share_.settled) {
    complete_ = true;
    return Step::kEnd;
  }
  MergeLanes();
  return Step::kWait;
}

absl::StatusOr<std::optional<MessageSource::Step>> GroupSubscription::AdvanceLane(Lane* lane, Message* message) {
  lane->subscription->set_records_left(records_left_);
  SLUICE_ASSIGN_OR_RETURN(const Step step, lane->subscription->Advance(message));
  switch (step) {
    case Step::kSend:
      records_left_ -= message->records;
      lane->caught_up = message->progress;
      // Caught up is who has caught up in all lanes.
      if (message->progress && !AllCaughtUp()) return std::nullopt;
      return Step::kSend;
    case Step::kYield:
      return Step::kYield;
    case Step::kWait:
    case Step::kEnd:
      lane->caught_up = true;
      return std::nullopt;
  }
  return std::nullopt;
}

bool GroupSubscription::AllCaughtUp() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.caught_up; });
}

absl::Status GroupSubscription::Sync() {
  Group::Share share = membership_->Sync([this](uint64_t id) {
    for (const Lane& lane : lanes_) {
      if (lane.id == id) return lane.subscription->cursor();
    }
    return std::string();
  });
  std::erase_if(lanes_, [](const Lane& lane) { return *lane.slots == 0; });
  membership_due_ = membership_due_ || share.generation != share_.generation;
  share_ = std::move(share);
  for (Group::NewLane& lane : share_.lanes) SLUICE_RETURN_IF_ERROR(Open(std::move(lane)));
  share_.lanes.clear();
  return absl::OkStatus();
}

absl::Status GroupSubscription::Open(Group::NewLane lane) {
  absl::StatusOr<Position> start = log_->ParseCursor(lane.cursor);
  if (!start.ok()) return Annotate(start.status(), "the position of the consumer group");
  Subscription::Request request = request_;
  request.start = *std::move(start);
  request.takes = [slots = lane.slots](const BatchView& batch) { return (*slots >> SlotOf(batch) & 1) != 0; };
  request.mark_cursor = [this, id = lane.id](std::string cursor, uint64_t records) {
    return FormatNumber(membership_->Sent(id, std::move(cursor), records != 0));
  };
  lanes_.push_back({lane.id, std::move(lane.slots), false,
                    std::make_unique<Subscription>(std::move(request), limits_, log_, clock_)});
  return absl::OkStatus();
}

void GroupSubscription::TellMembership(Message* message) {
  v1::SubscribeResponse response;
  response.mutable_membership()->set_member(share_.member);
  response.mutable_membership()->set_generation(share_.generation);
  response.mutable_membership()->set_slots(static_cast<uint32_t>(share_.slots));
  response.set_cursor(FormatNumber(membership_->Sent(/*lane=*/0, "", /*records=*/false)));
  *message = Message();
  message->response = WholeResponse(response);
}

void GroupSubscription::MergeLanes() {
  for (size_t i = 0; i + 1 < lanes_.size(); ++i) {
    for (size_t j = i + 1; j < lanes_.size();) {
      const std::string cursor = lanes_[i].subscription->cursor();
      if (cursor == lanes_[j].subscription->cursor() && membership_->Merge(lanes_[i].id, lanes_[j].id, cursor)) {
        lanes_.erase(lanes_.begin() + static_cast<std::ptrdiff_t>(j));
      } else {
        ++j;
      }
    }
  }
}

bool GroupSubscription::progress_due() const {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.subscription->progress_due(); });
}

}  // namespace sluice::collector
