#include "collector/log/kafka/group_claims.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

constexpr absl::Duration kAskPatience = absl::Seconds(5);
// What Kafka's tools show of a member: "sluice/NAME/PEER".
constexpr std::string_view kClientPrefix = "sluice/";

// The handle of whoever claims; the member itself needs a while to leave.
class Handle final : public GroupClaim {
 public:
  explicit Handle(std::shared_ptr<GroupMember> member) : member_(std::move(member)) {}
  ~Handle() override { member_->Leave(); }
  void Release(SlotSet slots) override { member_->Release(slots); }

 private:
  const std::shared_ptr<GroupMember> member_;
};

}  // namespace

KafkaGroupClaims::~KafkaGroupClaims() = default;

absl::StatusOr<std::string> KafkaGroupClaims::Open(std::string_view group, std::string_view state) {
  SLUICE_RETURN_IF_ERROR(MakeSlots());
  return states_->OpenGroup(group, state);
}

absl::Status KafkaGroupClaims::MakeSlots() {
  {
    MutexLock lock(&mutex_);
    if (slots_made_) return absl::OkStatus();
  }
  const std::string topic = names_->group_slots();
  SLUICE_ASSIGN_OR_RETURN(const int32_t partitions, cluster_->PartitionsOf(topic, options_.start_timeout));
  if (partitions != 0 && partitions != kSlots) {
    return FailedPrecondition("topic '", topic, "' has ", partitions, " partitions: consumer groups need ", kSlots,
                              ", one for each share; delete it, or choose another topic_prefix");
  }
  if (partitions == 0 && !options_.create_topics) {
    return FailedPrecondition("topic '", topic, "' is missing and create_topics is false: for consumer groups, create ",
                              "it with ", kSlots, " partitions; nothing is written to it");
  }
  if (partitions == 0) {
    SLUICE_RETURN_IF_ERROR(cluster_->Create(
        {.name = topic, .partitions = kSlots, .replication_factor = options_.replication_factor, .config = {}},
        options_.start_timeout));
  }
  MutexLock lock(&mutex_);
  slots_made_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<GroupClaim>> KafkaGroupClaims::Claim(const std::string& group, const std::string& member,
                                                                    const std::string& peer,
                                                                    std::unique_ptr<ClaimListener> listener) {
  std::vector<std::shared_ptr<GroupMember>> gone;  // joined outside of the lock
  MutexLock lock(&mutex_);
  const auto left = std::partition(members_.begin(), members_.end(), [](const auto& m) { return !m->ended(); });
  gone.assign(std::make_move_iterator(left), std::make_move_iterator(members_.end()));
  members_.erase(left, members_.end());
  if (members_.size() >= kMembersMax) {
    return ResourceExhausted("group: ", members_.size(),
                             " members of consumer groups are connected to this collector, ",
                             "as many as it takes with Kafka");
  }
  SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<GroupMember> made,
                          GroupMember::Start(options_,
                                             {.group = group,
                                              .kafka_group = names_->KafkaGroup(group),
                                              .topic = names_->group_slots(),
                                              .client_id = StrCat(kClientPrefix, member, "/", peer)},
                                             states_, std::move(listener)));
  members_.push_back(made);
  return std::make_unique<Handle>(std::move(made));
}

absl::StatusOr<std::vector<GroupClaims::Member>> KafkaGroupClaims::Members(std::string_view group) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<Cluster::GroupMember> found,
                          cluster_->GroupMembers(names_->KafkaGroup(group), kAskPatience));
  std::vector<Member> members;
  for (const Cluster::GroupMember& one : found) {
    std::string_view id = one.client_id;
    if (!id.starts_with(kClientPrefix)) continue;
    id.remove_prefix(kClientPrefix.size());
    const size_t slash = std::min(id.find('/'), id.size());
    Member& member = members.emplace_back();
    member.name = id.substr(0, slash);
    member.peer = id.substr(std::min(slash + 1, id.size()));
    for (const int32_t partition : one.partitions) {
      if (partition >= 0 && partition < kSlots) member.slots |= SlotSet{1} << partition;
    }
  }
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.name < b.name; });
  return members;
}

}  // namespace sluice::collector::kafka
