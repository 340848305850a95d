// Who has which slots of a consumer group, by Kafka's own group protocol: each member of a group, on whichever
// collector, is a member of a group of Kafka's that reads a topic without messages, whose partitions are the slots. So
// the brokers notice who dies, and fence who was cut off; nobody has to know of the other collectors.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "collector/log/group_claims.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/group_member.h"
#include "collector/log/kafka/group_states.h"
#include "collector/log/kafka/names.h"

namespace sluice::collector::kafka {

// Thread-safe.
class KafkaGroupClaims final : public GroupClaims {
 public:
  // A member is a client of librdkafka, with a few threads.
  static constexpr size_t kMembersMax = 256;

  // `cluster`, `names` and `states` outlive it.
  KafkaGroupClaims(const KafkaOptions& options, Cluster* cluster, const TopicNames* names, GroupStates* states)
      : options_(options), cluster_(cluster), names_(names), states_(states) {}
  // All claims are destroyed before. Waits until their clients have left.
  ~KafkaGroupClaims() override;

  absl::StatusOr<std::string> Open(std::string_view group, std::string_view state) override;
  absl::StatusOr<std::unique_ptr<GroupClaim>> Claim(const std::string& group, const std::string& member,
                                                    const std::string& peer,
                                                    std::unique_ptr<ClaimListener> listener) override;
  absl::StatusOr<std::vector<Member>> Members(std::string_view group) override;

 private:
  absl::Status MakeSlots();

  const KafkaOptions options_;
  Cluster* const cluster_;
  const TopicNames* const names_;
  GroupStates* const states_;

  Mutex mutex_;
  bool slots_made_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<GroupMember>> members_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector::kafka
