#include "collector/log/kafka/group_member.h"

#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

constexpr int kPollMilliseconds = 50;
// How long the first assignment may take, with brokers that have many others to wait for.
constexpr absl::Duration kAssignmentPatience = absl::Seconds(15);
// How long leaving may take before the brokers have to find out for themselves.
constexpr absl::Duration kLeavePatience = absl::Seconds(5);

SlotSet SlotsOf(const rd_kafka_topic_partition_list_t& partitions) {
  SlotSet slots = 0;
  for (int i = 0; i < partitions.cnt; ++i) {
    const int32_t partition = partitions.elems[i].partition;
    if (partition >= 0 && partition < kSlots) slots |= SlotSet{1} << partition;
  }
  return slots;
}

absl::Status Set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  char reason[512];
  if (rd_kafka_conf_set(conf, name, value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK) return absl::OkStatus();
  return InvalidArgument(std::string_view(name), ": ", std::string_view(reason));
}

}  // namespace

absl::StatusOr<std::shared_ptr<GroupMember>> GroupMember::Start(const KafkaOptions& options, Name name,
                                                                GroupStates* states,
                                                                std::unique_ptr<ClaimListener> listener) {
  std::shared_ptr<GroupMember> member(new GroupMember(std::move(name), states, std::move(listener)));
  SLUICE_ASSIGN_OR_RETURN(Conf conf, MakeConf(options, Role::kMember, member.get()));
  SLUICE_RETURN_IF_ERROR(Set(conf.get(), "group.id", member->name_.kafka_group));
  SLUICE_RETURN_IF_ERROR(Set(conf.get(), "client.id", member->name_.client_id));
  rd_kafka_conf_set_rebalance_cb(conf.get(), &OnRebalance);
  SLUICE_ASSIGN_OR_RETURN(member->client_, MakeClient(std::move(conf), Role::kMember));
  rd_kafka_poll_set_consumer(member->client_.get());
  const Partitions topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), member->name_.topic.c_str(), RD_KAFKA_PARTITION_UA);
  SLUICE_RETURN_IF_ERROR(FromKafka(rd_kafka_subscribe(member->client_.get(), topics.get()), "join the group"));
  member->thread_ = std::thread([self = member.get()] { self->Run(); });
  return member;
}

GroupMember::~GroupMember() {
  Leave();
  if (thread_.joinable()) thread_.join();
}

void GroupMember::Leave() {
  {
    MutexLock lock(&listener_mutex_);
    listener_ = nullptr;
  }
  leaving_ = true;
}

void GroupMember::Release(SlotSet slots) {
  MutexLock lock(&mutex_);
  awaited_ &= ~slots;
}

void GroupMember::OnError(rd_kafka_resp_err_t code, std::string_view reason) {
  // Whether brokers answer is told by others.
  log::Debug("kafka", "a member of a consumer group",
             {{"group", name_.group}, {"error", NameOf(code)}, {"reason", reason}});
}

void GroupMember::OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                              void* opaque) {
  auto* const self = static_cast<GroupMember*>(static_cast<ErrorSink*>(opaque));
  switch (code) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
      return self->Assigned(partitions);
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
      return self->Revoked(partitions);
    default:
      log::Warn("kafka", "sharing out a consumer group's records failed; trying again",
                {{"group", self->name_.group}, {"reason", rd_kafka_err2str(code)}});
      rd_kafka_assign(client, nullptr);
  }
}

void GroupMember::Assigned(rd_kafka_topic_partition_list_t* partitions) {
  assigned_ = true;
  // Nothing is read: no offset is asked for, and nothing fetched.
  for (int i = 0; i < partitions->cnt; ++i) partitions->elems[i].offset = RD_KAFKA_OFFSET_END;
  if (const Error error(rd_kafka_incremental_assign(client_.get(), partitions)); error != nullptr) {
    log::Warn("kafka", "slots of a consumer group cannot be taken",
              {{"group", name_.group}, {"reason", rd_kafka_error_string(error.get())}});
    return;
  }
  rd_kafka_pause_partitions(client_.get(), partitions);
  granting_ |= SlotsOf(*partitions);
  grant_due_ = true;
}

void GroupMember::Revoked(const rd_kafka_topic_partition_list_t* partitions) {
  const bool lost = rd_kafka_assignment_lost(client_.get()) != 0;
  const SlotSet slots = SlotsOf(*partitions) & granted_;
  granting_ &= ~SlotsOf(*partitions);
  granted_ &= ~slots;
  {
    MutexLock lock(&mutex_);
    awaited_ = lost || leaving_ ? 0 : slots;
  }
  {
    MutexLock lock(&listener_mutex_);
    if (listener_ != nullptr && slots != 0) listener_->OnRevoked(slots, lost);
  }
  revoked_.reset(rd_kafka_topic_partition_list_copy(partitions));
  FinishRevocation();
}

void GroupMember::FinishRevocation() {
  if (revoked_ == nullptr) return;
  {
    MutexLock lock(&mutex_);
    if (awaited_ != 0 && !leaving_) return;
  }
  Unassign(revoked_.get());
  revoked_.reset();
}

void GroupMember::Unassign(const rd_kafka_topic_partition_list_t* partitions) {
  const Error error(rd_kafka_incremental_unassign(client_.get(), partitions));
  // At the end of a group there is no protocol any more.
  if (error != nullptr) rd_kafka_assign(client_.get(), nullptr);
}

void GroupMember::Grant() {
  if (!grant_due_) return;
  SlotPositions positions;
  if (granting_ != 0) {
    absl::StatusOr<SlotPositions> found = states_->PositionsOf(name_.group, granting_);
    if (!found.ok()) {
      log::Debug("kafka", "not known where a consumer group stands; trying again", {{"reason", found.status()}});
      return;
    }
    positions = *std::move(found);
  }
  grant_due_ = false;
  granted_ |= std::exchange(granting_, 0);
  MutexLock lock(&listener_mutex_);
  if (listener_ != nullptr) listener_->OnGranted(positions);
}

void GroupMember::Run() {
  while (!leaving_) {
    const Message ignored(rd_kafka_consumer_poll(client_.get(), kPollMilliseconds));
    Grant();
    FinishRevocation();
  }
  LeaveKafka();
  ended_ = true;
}

bool GroupMember::Await(absl::Duration patience, const std::function<bool()>& done) {
  const Clock* const clock = SystemClock();
  const int64_t deadline = clock->MonotonicNanos() + absl::ToInt64Nanoseconds(patience);
  while (!done()) {
    if (clock->MonotonicNanos() >= deadline) return false;
    const Message ignored(rd_kafka_consumer_poll(client_.get(), kPollMilliseconds));
  }
  return true;
}

// librdkafka 2.0 aborts when a client ends that has joined and was never assigned anything: it waits for its first
// assignment. If that does not come, and it may have joined, the client is left alone until the process ends.
//
// And closing a client while slots are being assigned to it may wait for ever: it leaves first, and who cannot is let
// go without.
void GroupMember::LeaveKafka() {
  FinishRevocation();
  bool joined = false;
  if (!Await(kAssignmentPatience, [this] { return assigned_; })) {
    char* const id = rd_kafka_memberid(client_.get());
    joined = id != nullptr && *id != '\0';
    if (id != nullptr) rd_kafka_mem_free(client_.get(), id);
  }
  rd_kafka_unsubscribe(client_.get());
  const bool left = Await(kLeavePatience, [this] {
    rd_kafka_topic_partition_list_t* list = nullptr;
    const rd_kafka_resp_err_t error = rd_kafka_assignment(client_.get(), &list);
    const Partitions assigned(list);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR && list->cnt == 0;
  });
  if (joined) {
    kept_ = shared_from_this();
  } else if (left) {
    rd_kafka_consumer_close(client_.get());
  } else {
    rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
}

}  // namespace sluice::collector::kafka
