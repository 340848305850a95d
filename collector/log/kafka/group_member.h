// A member of one of Kafka's groups: a client that is assigned partitions of a topic without messages, one for each
// slot of a consumer group.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "collector/log/group_claims.h"
#include "collector/log/kafka/client.h"
#include "collector/log/kafka/group_states.h"
#include "collector/log/kafka/handles.h"

namespace sluice::collector::kafka {

// Owned by KafkaGroupClaims. Its thread talks to librdkafka; everything else may be called from any thread.
class GroupMember final : private ErrorSink, public std::enable_shared_from_this<GroupMember> {
 public:
  struct Name {
    std::string group;
    std::string kafka_group;
    std::string topic;
    std::string client_id;
  };
  // Joins, soon. `states` outlives it.
  static absl::StatusOr<std::shared_ptr<GroupMember>> Start(const KafkaOptions& options, Name name, GroupStates* states,
                                                            std::unique_ptr<ClaimListener> listener);
  ~GroupMember() override;

  // See GroupClaim.
  void Release(SlotSet slots);
  // The listener is not called any more; the thread leaves Kafka's group and ends.
  void Leave();
  bool ended() const { return ended_; }

 private:
  GroupMember(Name name, GroupStates* states, std::unique_ptr<ClaimListener> listener)
      : name_(std::move(name)), states_(states), listener_(std::move(listener)) {}

  void OnError(rd_kafka_resp_err_t code, std::string_view reason) override;
  static void OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                          void* opaque);
  void Run();
  void Assigned(rd_kafka_topic_partition_list_t* partitions);
  void Revoked(const rd_kafka_topic_partition_list_t* partitions);
  // Tells what was assigned, as soon as it is known where that stands.
  void Grant();
  // Lets go what is released.
  void FinishRevocation();
  void Unassign(const rd_kafka_topic_partition_list_t* partitions);
  // Polls until `done` says yes; false if that takes too long.
  bool Await(absl::Duration patience, const std::function<bool()>& done);
  void LeaveKafka();

  const Name name_;
  GroupStates* const states_;
  Client client_;

  // Held while it is called.
  Mutex listener_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  std::unique_ptr<ClaimListener> listener_ ABSL_GUARDED_BY(listener_mutex_);
  Mutex mutex_;
  SlotSet awaited_ ABSL_GUARDED_BY(mutex_) = 0;  // revoked, not released
  std::atomic<bool> leaving_{false};
  std::atomic<bool> ended_{false};

  // Of the thread.
  SlotSet granted_ = 0;
  SlotSet granting_ = 0;  // assigned, the listener does not know
  bool grant_due_ = false;
  bool assigned_ = false;              // ever
  Partitions revoked_;                 // to be let go when nothing of them is awaited; else null
  std::shared_ptr<GroupMember> kept_;  // see LeaveKafka
  std::thread thread_;
};

}  // namespace sluice::collector::kafka
