#include "collector/subscribe/groups/group_coordinator.h"

#include <cmath>
#include <random>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/subscribe/start.h"

namespace sluice::collector {
namespace {

constexpr absl::Duration kTickInterval = absl::Seconds(1);
constexpr uint64_t kTicksPerLag = 5;

// Not to be guessed, and not to be met again after a restart.
std::string NewMemberName() {
  std::random_device random;
  return absl::StrFormat("%08x%08x", random(), random());
}

absl::Status CheckGroupName(std::string_view name) {
  absl::Status status = CheckTopicName(name);
  if (status.ok()) return status;
  return InvalidArgument("group: '", name, "' is no name of a group: 1 to 249 characters of [A-Za-z0-9._-]");
}

}  // namespace

// What a GroupSubscription knows of its group.
class GroupCoordinator::Member final : public Membership {
 public:
  Member(GroupCoordinator* coordinator, std::string group, MemberId id)
      : coordinator_(coordinator), group_(std::move(group)), id_(id) {}

  Group::Share Sync(const std::function<std::string(uint64_t lane)>& cursor_of) override {
    MutexLock lock(&coordinator_->mutex_);
    Entry* const entry = Find();
    if (entry == nullptr || !entry->saved) return {};
    Group::Share share = entry->group.Sync(id_, cursor_of);
    coordinator_->Settle(entry);
    return share;
  }
  uint64_t Sent(uint64_t lane, std::string cursor, bool records) override {
    MutexLock lock(&coordinator_->mutex_);
    Entry* const entry = Find();
    if (entry == nullptr) return 0;
    const uint64_t number = entry->group.Sent(id_, lane, std::move(cursor), records);
    coordinator_->Settle(entry);
    return number;
  }
  bool Merge(uint64_t into, uint64_t from, const std::string& cursor) override {
    MutexLock lock(&coordinator_->mutex_);
    Entry* const entry = Find();
    return entry != nullptr && entry->group.Merge(id_, into, from, cursor);
  }
  size_t Unacknowledged() override {
    MutexLock lock(&coordinator_->mutex_);
    Entry* const entry = Find();
    return entry == nullptr ? 0 : entry->group.Unacknowledged(id_);
  }
  void Leave(bool complete) override {
    MutexLock lock(&coordinator_->mutex_);
    Entry* const entry = Find();
    if (entry == nullptr) return;
    const Clock& clock = *coordinator_->context_.clock;
    entry->wakers.erase(id_);
    entry->group.Leave(id_, complete, clock.UnixNanos(), clock.MonotonicNanos());
    coordinator_->Settle(entry);
  }

 private:
  Entry* Find() ABSL_EXCLUSIVE_LOCKS_REQUIRED(coordinator_->mutex_) {
    const auto found = coordinator_->groups_.find(group_);
    return found == coordinator_->groups_.end() ? nullptr : found->second.get();
  }

  GroupCoordinator* const coordinator_;
  const std::string group_;
  const MemberId id_;
};

std::string GroupCoordinator::CommonRequest(v1::SubscribeRequest request) {
  request.clear_start();
  request.clear_follow();
  request.clear_limit();
  request.clear_end_time();
  return request.SerializeAsString();
}

GroupCoordinator::GroupCoordinator(const GroupOptions& options, const Context& context)
    : options_(options), context_(context), store_(context.log->group_store()), claims_(context.log->group_claims()) {}

absl::StatusOr<std::unique_ptr<GroupCoordinator>> GroupCoordinator::Open(const GroupOptions& options,
                                                                         const Context& context) {
  std::unique_ptr<GroupCoordinator> coordinator(new GroupCoordinator(options, context));
  if (coordinator->claims_ == nullptr) SLUICE_RETURN_IF_ERROR(coordinator->Load());
  coordinator->ScheduleTick();
  return coordinator;
}

GroupCoordinator::~GroupCoordinator() { Stop(); }

absl::Status GroupCoordinator::Load() {
  SLUICE_ASSIGN_OR_RETURN(const auto saved, store_->Load());
  MutexLock lock(&mutex_);
  for (const auto& [name, state] : saved) {
    SLUICE_ASSIGN_OR_RETURN(Group group,
                            Group::Restore(name, state, absl::ToInt64Nanoseconds(options_.rebalance_timeout)));
    auto entry = std::make_unique<Entry>(std::move(group));
    entry->saved = true;
    entry->series = context_.metrics->NewGroup(name);
    groups_.emplace(name, std::move(entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<MessageSource>> GroupCoordinator::Join(const v1::SubscribeRequest& request,
                                                                      std::shared_ptr<const Filter> filter,
                                                                      std::string peer, std::function<void()> wake) {
  SLUICE_RETURN_IF_ERROR(CheckGroupName(request.group()));
  // Outside of the lock: it may read the disk. Only a new group needs it.
  SLUICE_ASSIGN_OR_RETURN(const Position start, ResolveStart(request, context_.log));
  const std::string cursor = context_.log->FormatCursor(start);
  if (claims_ != nullptr) SLUICE_RETURN_IF_ERROR(OpenShared(request, cursor));
  const auto sync_due = std::make_shared<std::atomic<bool>>(true);
  const std::string name = NewMemberName();
  MemberId id = 0;
  {
    MutexLock lock(&mutex_);
    SLUICE_ASSIGN_OR_RETURN(Entry* const entry, FindOrMake(request, cursor));
    id = ++last_member_;
    const absl::Status joined = entry->group.Join({.id = id,
                                                   .name = name,
                                                   .peer = peer,
                                                   .topics = {request.topics().begin(), request.topics().end()},
                                                   .request = CommonRequest(request)},
                                                  context_.clock->UnixNanos(), context_.clock->MonotonicNanos());
    SLUICE_RETURN_IF_ERROR(joined);
    entry->wakers[id] = {std::move(wake), sync_due};
    Settle(entry);
    if (!entry->saved) ScheduleSave();
  }
  auto subscription = std::make_unique<GroupSubscription>(
      std::make_unique<Member>(this, request.group(), id),
      Subscription::Request{
          .filter = std::move(filter), .start = {}, .follow = request.follow(), .limit = request.limit()},
      sync_due, context_.limits, context_.log, context_.clock);
  if (claims_ != nullptr) SLUICE_RETURN_IF_ERROR(Claim(request.group(), id, name, peer));
  return subscription;
}

absl::StatusOr<GroupCoordinator::Entry*> GroupCoordinator::FindOrMake(const v1::SubscribeRequest& request,
                                                                      const std::string& start) {
  const int64_t timeout = absl::ToInt64Nanoseconds(options_.rebalance_timeout);
  if (const auto found = groups_.find(request.group()); found != groups_.end()) {
    // Others may have moved it since the last member here.
    Group& group = found->second->group;
    if (claims_ != nullptr && group.empty() && found->second->waiting.empty()) {
      group = Group(request.group(), start, timeout, Group::Sharing::kElsewhere);
    }
    return found->second.get();
  }
  if (groups_.size() >= options_.groups_max) {
    return ResourceExhausted("group: there are ", groups_.size(),
                             " consumer groups, as many as limits.groups allows; "
                             "those without members are forgotten after groups.retention");
  }
  const auto sharing = claims_ == nullptr ? Group::Sharing::kHere : Group::Sharing::kElsewhere;
  auto entry = std::make_unique<Entry>(Group(request.group(), start, timeout, sharing));
  entry->saved = claims_ != nullptr;  // OpenShared did
  entry->series = context_.metrics->NewGroup(request.group());
  return groups_.emplace(request.group(), std::move(entry)).first->second.get();
}

void GroupCoordinator::Acknowledge(const v1::AcknowledgeRequest& request, Done done) {
  const uint64_t number = GroupSubscription::ParseNumber(request.cursor());
  absl::Status status;
  {
    MutexLock lock(&mutex_);
    const auto found = groups_.find(request.group());
    if (number == 0) {
      status = InvalidArgument("cursor: not one of a message of a group: use one exactly as it was given");
    } else if (found == groups_.end()) {
      status = NotFound("group: there is no group '", request.group(), "'");
    } else {
      status = found->second->group.Acknowledge(request.member(), number);
    }
    if (status.ok()) {
      found->second->waiting.push_back(std::move(done));
      Settle(found->second.get());
      ScheduleSave();
      return;
    }
  }
  done(status);
}

void GroupCoordinator::Settle(Entry* entry) {
  entry->dirty = entry->group.TakeDirty() || entry->dirty;
  entry->series.members->Set(static_cast<double>(entry->wakers.size()));
  std::vector<Executor::Task> tasks;
  for (MemberId id : entry->group.TakeWoken()) {
    const auto waker = entry->wakers.find(id);
    if (waker == entry->wakers.end()) continue;
    *waker->second.sync_due = true;
    tasks.push_back(waker->second.wake);
  }
  if (!tasks.empty()) context_.executor->RunAll(std::move(tasks));
  if (claims_ == nullptr) return;
  for (auto claim = entry->claims.begin(); claim != entry->claims.end();) {
    if (entry->group.Has(claim->first)) {
      ++claim;
      continue;
    }
    entry->closing.push_back(std::move(claim->second));
    claim = entry->claims.erase(claim);
  }
  // Others wait for it.
  if (!entry->closing.empty() || entry->group.Released() != 0) ScheduleSave();
}

void GroupCoordinator::ScheduleSave() {
  if (stopped_ || std::exchange(saving_, true)) return;
  context_.executor->Run([this] { Save(); });
}

void GroupCoordinator::Save() {
  SaveTask task;
  std::vector<std::string> removed;
  while (TakeSaveTask(&task, &removed)) {
    absl::Status status;
    for (const std::string& name : removed) status.Update(store_->Remove(name));
    if (!task.name.empty()) status.Update(store_->Save(task.name, task.state));
    Saved(&task, status);
    task.closing.clear();
    for (const Done& done : task.waiting) done(Annotate(status, "the acknowledgement is not durable"));
    if (status.ok()) continue;
    MutexLock lock(&mutex_);
    removed_.insert(removed_.end(), removed.begin(), removed.end());
    saving_ = false;  // the next tick tries again
    return;
  }
}

bool GroupCoordinator::TakeSaveTask(SaveTask* task, std::vector<std::string>* removed) {
  *task = SaveTask();
  MutexLock lock(&mutex_);
  *removed = std::exchange(removed_, {});
  for (auto& [name, entry] : groups_) {
    const SlotSet released = claims_ == nullptr ? 0 : entry->group.Released();
    if (!entry->dirty && entry->waiting.empty() && released == 0 && entry->closing.empty()) continue;
    *task = {name, entry->group.State(), std::exchange(entry->waiting, {}), released,
             std::exchange(entry->closing, {})};
    entry->dirty = false;
    return true;
  }
  saving_ = !removed->empty();
  return saving_;
}

void GroupCoordinator::Saved(SaveTask* task, const absl::Status& status) {
  MutexLock lock(&mutex_);
  if (!status.ok() && !std::exchange(failing_, true)) {
    log::Error("groups", "cannot save a consumer group; trying again", {{"group", task->name}, {"reason", status}});
  }
  if (status.ok() && std::exchange(failing_, false)) log::Info("groups", "saving consumer groups again");
  const auto found = groups_.find(task->name);
  if (found == groups_.end()) return;
  Entry* const entry = found->second.get();
  if (!status.ok()) {
    entry->dirty = true;
    for (auto& claim : task->closing) entry->closing.push_back(std::move(claim));
    return;
  }
  entry->group.Release(task->released);
  for (const auto& [id, claim] : entry->claims) claim->Release(~entry->group.held());
  if (!std::exchange(entry->saved, true)) {
    for (const auto& [id, waker] : entry->wakers) {
      *waker.sync_due = true;
      context_.executor->Run(waker.wake);
    }
  }
}

void GroupCoordinator::ScheduleTick() {
  MutexLock lock(&mutex_);
  if (!stopped_) timer_ = context_.executor->RunAfter(kTickInterval, [this] { Tick(); });
}

void GroupCoordinator::Tick() {
  bool measure = false;
  {
    MutexLock lock(&mutex_);
    for (auto& [name, entry] : groups_) {
      entry->group.Expire(context_.clock->MonotonicNanos());
      Settle(entry.get());
    }
    if (claims_ == nullptr) ForgetOld();
    ScheduleSave();
    measure = ticks_++ % kTicksPerLag == 0;
  }
  if (measure) MeasureLag();
  ScheduleTick();
}

bool GroupCoordinator::IsOld(int64_t last_used_unix_nano) const {
  return last_used_unix_nano < context_.clock->UnixNanos() - absl::ToInt64Nanoseconds(options_.retention);
}

void GroupCoordinator::ForgetOld() {
  for (auto named = groups_.begin(); named != groups_.end();) {
    const Entry& entry = *named->second;
    if (!entry.group.empty() || !entry.waiting.empty() || !IsOld(entry.group.last_used_unix_nano())) {
      ++named;
      continue;
    }
    log::Info("groups", "a consumer group without members is forgotten", {{"group", named->first}});
    removed_.push_back(named->first);
    context_.metrics->RemoveGroup(entry.series);
    named = groups_.erase(named);
  }
}

std::optional<uint64_t> GroupCoordinator::LagOf(const std::vector<std::string>& topics,
                                                const SlotPositions& positions) {
  v1::SubscribeRequest request;
  request.mutable_topics()->Add(topics.begin(), topics.end());
  const absl::StatusOr<Filter> filter = Filter::Compile(request);
  if (!filter.ok()) return std::nullopt;
  double lag = 0;
  for (const auto& [cursor, slots] : positions) {
    const absl::StatusOr<Position> position = context_.log->ParseCursor(cursor);
    if (!position.ok()) return std::nullopt;
    const absl::StatusOr<std::optional<uint64_t>> records = context_.log->CountRecords(
        *position, [&filter](std::string_view topic) { return filter->MatchesTopic(topic); });
    if (!records.ok() || !records->has_value()) return std::nullopt;
    lag += static_cast<double>(**records) * CountSlots(slots) / kSlots;
  }
  return static_cast<uint64_t>(std::ceil(lag));
}

void GroupCoordinator::MeasureLag() {
  std::vector<SlotPositions> positions;
  v1::ListGroupsResponse listed = claims_ == nullptr ? ListHere(&positions) : ListShared(/*members=*/false, &positions);
  if (claims_ != nullptr) FollowShared(listed);
  listed = WithLag(std::move(listed), positions);
  for (const v1::Group& group : listed.groups()) {
    if (!group.has_lag_records()) continue;
    MutexLock lock(&mutex_);
    const auto found = groups_.find(group.name());
    if (found != groups_.end()) found->second->series.lag->Set(static_cast<double>(group.lag_records()));
  }
}

v1::ListGroupsResponse GroupCoordinator::List() {
  std::vector<SlotPositions> positions;
  v1::ListGroupsResponse listed = claims_ == nullptr ? ListHere(&positions) : ListShared(/*members=*/true, &positions);
  return WithLag(std::move(listed), positions);
}

v1::ListGroupsResponse GroupCoordinator::ListHere(std::vector<SlotPositions>* positions) {
  v1::ListGroupsResponse response;
  MutexLock lock(&mutex_);
  for (const auto& [name, entry] : groups_) {
    *response.add_groups() = entry->group.Describe();
    positions->push_back(entry->group.Positions());
  }
  return response;
}

v1::ListGroupsResponse GroupCoordinator::WithLag(v1::ListGroupsResponse response,
                                                 const std::vector<SlotPositions>& positions) {
  for (int i = 0; i < response.groups_size(); ++i) {
    v1::Group* const group = response.mutable_groups(i);
    const std::optional<uint64_t> lag =
        LagOf({group->topics().begin(), group->topics().end()}, positions[static_cast<size_t>(i)]);
    if (lag.has_value()) group->set_lag_records(*lag);
  }
  return response;
}

void GroupCoordinator::Stop() {
  {
    MutexLock lock(&mutex_);
    if (std::exchange(stopped_, true)) return;
    context_.executor->Cancel(timer_);
    if (std::exchange(saving_, true)) return;  // that task saves everything
  }
  Save();
}

}  // namespace sluice::collector
