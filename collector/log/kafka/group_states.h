// How far consumer groups are, in a compacted topic that all collectors share: of each group what it asks for and where
// it began (key "g/GROUP"), and of each of its slots where that one stands (key "s/GROUP/SLOT").
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "collector/log/group_slots.h"
#include "collector/log/group_store.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/names.h"
#include "collector/log/kafka/state_log.h"
#include "sluice/v1/group_state.pb.h"

namespace sluice::collector::kafka {

// A position is written by whoever has its slot. The topic is made with the first group. Thread-safe.
class GroupStates final : public GroupStore {
 public:
  // `cluster` and `names` outlive it.
  GroupStates(const KafkaOptions& options, Cluster* cluster, const TopicNames* names);

  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Load() override;
  absl::Status Save(std::string_view group, std::string_view state) override;
  absl::Status Remove(std::string_view group) override;

  // See GroupClaims.
  absl::StatusOr<std::string> OpenGroup(std::string_view group, std::string_view state);
  // Where the slots stand by what anybody has saved up to now. NotFound if there is no such group.
  absl::StatusOr<SlotPositions> PositionsOf(std::string_view group, SlotSet slots);

 private:
  struct Saved {
    bool known = false;  // its "g/" was seen
    v1::GroupState base;
    std::array<std::string, kSlots> slots;  // empty: where the base says
  };
  // Null if there is no topic, and `make` is false.
  absl::StatusOr<StateLog*> Topic(bool make);
  // Reads on to the end.
  absl::Status Refresh(StateLog* topic);
  void OnEntry(std::string_view key, std::optional<std::string_view> value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static v1::GroupState Merged(const Saved& saved);
  // Of `saved`, what is news.
  std::vector<StateLog::Entry> Changes(std::string_view group, const v1::GroupState& state);

  const KafkaOptions options_;
  Cluster* const cluster_;
  const TopicNames* const names_;

  Mutex open_mutex_;
  std::unique_ptr<StateLog> topic_ ABSL_GUARDED_BY(open_mutex_);
  Mutex mutex_;
  std::map<std::string, Saved, std::less<>> groups_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector::kafka
