#include "collector/log/kafka/group_states.h"

#include <algorithm>
#include <charconv>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

constexpr std::string_view kGroupPrefix = "g/";
constexpr std::string_view kSlotPrefix = "s/";
constexpr absl::Duration kPatience = absl::Seconds(5);

std::string GroupKey(std::string_view group) { return StrCat(kGroupPrefix, group); }
std::string SlotKey(std::string_view group, int slot) { return StrCat(kSlotPrefix, group, "/", slot); }

KafkaOptions Compressed(KafkaOptions options) {
  // The slots of a member stand at the same place most of the time.
  options.properties.try_emplace("compression.codec", "lz4");
  return options;
}

// Of base: everything but the positions.
bool SameButPositions(const v1::GroupState& a, const v1::GroupState& b) {
  if (a.last_used_unix_nano() != b.last_used_unix_nano() || a.request() != b.request()) return false;
  return std::equal(a.topics().begin(), a.topics().end(), b.topics().begin(), b.topics().end());
}

}  // namespace

GroupStates::GroupStates(const KafkaOptions& options, Cluster* cluster, const TopicNames* names)
    : options_(Compressed(options)), cluster_(cluster), names_(names) {}

absl::StatusOr<StateLog*> GroupStates::Topic(bool make) {
  MutexLock lock(&open_mutex_);
  if (topic_ != nullptr) return topic_.get();
  if (!make) {
    SLUICE_ASSIGN_OR_RETURN(const int32_t partitions, cluster_->PartitionsOf(names_->groups(), kPatience));
    if (partitions == 0) return static_cast<StateLog*>(nullptr);
  }
  SLUICE_ASSIGN_OR_RETURN(topic_, StateLog::Open(options_, names_->groups(), cluster_));
  return topic_.get();
}

absl::Status GroupStates::Refresh(StateLog* topic) {
  // With their topic somebody has deleted the groups.
  const auto forget = [this] {
    MutexLock lock(&mutex_);
    groups_.clear();
  };
  const auto learn = [this](auto key, auto value) {
    MutexLock lock(&mutex_);
    OnEntry(key, value);
  };
  return topic->ReadOn(kPatience, {.on_replaced = forget, .on_entry = learn});
}

void GroupStates::OnEntry(std::string_view key, std::optional<std::string_view> value) {
  if (key.starts_with(kGroupPrefix)) {
    const std::string group(key.substr(kGroupPrefix.size()));
    if (!value.has_value()) {
      groups_.erase(group);
      return;
    }
    Saved& saved = groups_[group];
    saved.known = saved.base.ParseFromArray(value->data(), static_cast<int>(value->size()));
    return;
  }
  if (!key.starts_with(kSlotPrefix)) return;
  key.remove_prefix(kSlotPrefix.size());
  const size_t slash = key.find('/');
  if (slash == std::string_view::npos) return;
  const std::string_view number = key.substr(slash + 1);
  int slot = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), slot);
  if (error != std::errc() || end != number.data() + number.size() || slot < 0 || slot >= kSlots) return;
  // Compaction keeps the order of what it keeps, so a slot may come before its group.
  groups_[std::string(key.substr(0, slash))].slots[static_cast<size_t>(slot)] = value.value_or("");
}

v1::GroupState GroupStates::Merged(const Saved& saved) {
  v1::GroupState state = saved.base;
  SlotPositions positions;
  for (const v1::GroupPosition& position : saved.base.positions()) {
    for (int slot = 0; slot < kSlots; ++slot) {
      if ((position.slots() >> slot & 1) == 0) continue;
      const std::string& own = saved.slots[static_cast<size_t>(slot)];
      positions[own.empty() ? position.cursor() : own] |= SlotSet{1} << slot;
    }
  }
  state.clear_positions();
  for (const auto& [cursor, slots] : positions) {
    v1::GroupPosition* const position = state.add_positions();
    position->set_slots(slots);
    position->set_cursor(cursor);
  }
  return state;
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> GroupStates::Load() {
  std::vector<std::pair<std::string, std::string>> all;
  SLUICE_ASSIGN_OR_RETURN(StateLog* const topic, Topic(/*make=*/false));
  if (topic == nullptr) return all;
  SLUICE_RETURN_IF_ERROR(Refresh(topic));
  MutexLock lock(&mutex_);
  for (const auto& [group, saved] : groups_) {
    if (saved.known) all.emplace_back(group, Merged(saved).SerializeAsString());
  }
  return all;
}

absl::StatusOr<std::string> GroupStates::OpenGroup(std::string_view group, std::string_view state) {
  SLUICE_ASSIGN_OR_RETURN(StateLog* const topic, Topic(/*make=*/true));
  SLUICE_RETURN_IF_ERROR(Refresh(topic));
  {
    MutexLock lock(&mutex_);
    const auto found = groups_.find(group);
    if (found != groups_.end() && found->second.known) return Merged(found->second).SerializeAsString();
  }
  SLUICE_RETURN_IF_ERROR(topic->Write({{GroupKey(group), std::string(state)}}, options_.start_timeout));
  // If somebody else did the same, the last one counts, for both.
  SLUICE_RETURN_IF_ERROR(Refresh(topic));
  MutexLock lock(&mutex_);
  return Merged(groups_[std::string(group)]).SerializeAsString();
}

absl::StatusOr<SlotPositions> GroupStates::PositionsOf(std::string_view group, SlotSet slots) {
  SLUICE_ASSIGN_OR_RETURN(StateLog* const topic, Topic(/*make=*/true));
  SLUICE_RETURN_IF_ERROR(Refresh(topic));
  MutexLock lock(&mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end() || !found->second.known) return NotFound("there is no consumer group '", group, "'");
  SlotPositions positions;
  const v1::GroupState state = Merged(found->second);
  for (const v1::GroupPosition& position : state.positions()) {
    if ((position.slots() & slots) != 0) positions[position.cursor()] = position.slots() & slots;
  }
  return positions;
}

std::vector<StateLog::Entry> GroupStates::Changes(std::string_view group, const v1::GroupState& state) {
  std::vector<StateLog::Entry> changes;
  MutexLock lock(&mutex_);
  Saved& saved = groups_[std::string(group)];
  if (!saved.known) return changes;  // removed by somebody: nobody shall find half of it
  if (!SameButPositions(saved.base, state)) {
    v1::GroupState base = state;
    *base.mutable_positions() = saved.base.positions();
    changes.emplace_back(GroupKey(group), base.SerializeAsString());
  }
  for (const v1::GroupPosition& position : state.positions()) {
    for (int slot = 0; slot < kSlots; ++slot) {
      if ((position.slots() >> slot & 1) == 0) continue;
      if (saved.slots[static_cast<size_t>(slot)] == position.cursor()) continue;
      changes.emplace_back(SlotKey(group, slot), position.cursor());
    }
  }
  return changes;
}

absl::Status GroupStates::Save(std::string_view group, std::string_view text) {
  v1::GroupState state;
  if (!state.ParseFromArray(text.data(), static_cast<int>(text.size()))) {
    return InvalidArgument("consumer group ", group, ": not a state");
  }
  SLUICE_ASSIGN_OR_RETURN(StateLog* const topic, Topic(/*make=*/true));
  const std::vector<StateLog::Entry> changes = Changes(group, state);
  SLUICE_RETURN_IF_ERROR(topic->Write(changes, options_.start_timeout));
  MutexLock lock(&mutex_);
  for (const auto& [key, value] : changes) OnEntry(key, std::string_view(*value));
  return absl::OkStatus();
}

absl::Status GroupStates::Remove(std::string_view group) {
  SLUICE_ASSIGN_OR_RETURN(StateLog* const topic, Topic(/*make=*/true));
  std::vector<StateLog::Entry> entries;
  entries.reserve(kSlots + 1);
  // The slots first: without its group none of them counts.
  for (int slot = 0; slot < kSlots; ++slot) entries.emplace_back(SlotKey(group, slot), std::nullopt);
  entries.emplace_back(GroupKey(group), std::nullopt);
  SLUICE_RETURN_IF_ERROR(topic->Write(entries, options_.start_timeout));
  return Refresh(topic);
}

}  // namespace sluice::collector::kafka
