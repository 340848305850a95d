#include "collector/log/kafka/file_table.h"

#include <algorithm>
#include <iterator>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

void SetFile(const FileKey& key, v1::FileIdentity* file) {
  file->set_device(key.device);
  file->set_inode(key.inode);
  file->set_birth_time_unix_nano(key.birth_time_unix_nano);
  file->set_generation(key.generation);
}

// Topics of a file that are remembered: a route has at most 16 besides its own.
constexpr int kPlacesMax = 32;
// Records that are remembered of a file in a topic: of more, the first ones would come twice if they were to come
// again.
constexpr int kOffsetsMax = 50'000;

// Notes that the record that begins at `offset` is in `place`. False if that was known, or need not be: it is before
// `watermark`.
bool NoteRecord(uint64_t offset, uint64_t watermark, v1::KafkaFilePlace* place) {
  if (offset < watermark) return false;
  // A collector that did not write down each record did write how far they go.
  if (!place->exact() && place->end_offset() > watermark) return false;
  place->set_exact(true);
  auto* const offsets = place->mutable_offsets();
  const auto at = std::lower_bound(offsets->begin(), offsets->end(), offset);
  if (at != offsets->end() && *at == offset) return false;
  const auto index = at - offsets->begin();
  offsets->Add(offset);
  std::rotate(offsets->begin() + index, offsets->end() - 1, offsets->end());
  if (offsets->size() > kOffsetsMax) offsets->erase(offsets->begin());
  return true;
}

}  // namespace

FileTable::File* FileTable::Find(std::string_view agent, const FileKey& file) {
  const auto files = agents_.find(agent);
  if (files == agents_.end()) return nullptr;
  const auto entry = files->second.find(file);
  return entry == files->second.end() ? nullptr : &entry->second;
}

FileTable::File& FileTable::FindOrAdd(std::string_view agent, const FileKey& file) {
  auto files = agents_.find(agent);
  if (files == agents_.end()) files = agents_.emplace(std::string(agent), Files()).first;
  return files->second[file];
}

void FileTable::Change(std::string_view agent, const FileKey& key, File* file) {
  if (!std::exchange(file->changed, true)) changed_.emplace_back(agent, key);
}

v1::KafkaFilePlace& FileTable::PlaceIn(std::string_view topic, File* file) {
  auto* places = file->state.mutable_places();
  int at = 0;
  while (at < places->size() && places->Get(at).topic() != topic) ++at;
  if (at == places->size()) {
    // With the oldest one goes only where its file would be when partitions are added.
    if (at == kPlacesMax) places->DeleteSubrange(0, 1);
    v1::KafkaFilePlace* place = places->Add();
    place->set_topic(std::string(topic));
    place->set_partition(-1);
    return *place;
  }
  // Those used last stay.
  for (; at + 1 < places->size(); ++at) places->SwapElements(at, at + 1);
  return *places->Mutable(at);
}

void FileTable::MoveTo(uint64_t end_offset, File* file) {
  file->state.mutable_watermark()->set_end_offset(end_offset);
  for (v1::KafkaFilePlace& place : *file->state.mutable_places()) {
    auto* const offsets = place.mutable_offsets();
    if (offsets->empty()) continue;
    offsets->erase(offsets->begin(), std::lower_bound(offsets->begin(), offsets->end(), end_offset));
  }
}

FileTable::Verdict FileTable::Send(const BatchView& batch) {
  MutexLock lock(&mutex_);
  File& file = FindOrAdd(batch.agent, batch.file);
  Verdict verdict;
  if (file.held_from.has_value() && batch.first_offset > *file.held_from) {
    verdict.kind = Verdict::Kind::kReject;
    verdict.rejection = MakeStatus(file.held_because.code(), "held back: the batch of this file that begins at ",
                                   *file.held_from, " was rejected; send it again first");
    return verdict;
  }
  file.held_from.reset();
  if (batch.end_offset <= file.sent_end) {
    verdict.kind = Verdict::Kind::kDuplicate;
    return verdict;
  }
  verdict.from_offset = file.sent_end;
  file.sent_end = batch.end_offset;
  return verdict;
}

FileTable::Place FileTable::PlaceOf(const BatchView& part, int32_t partitions) {
  MutexLock lock(&mutex_);
  File& file = FindOrAdd(part.agent, part.file);
  v1::KafkaFilePlace& place = PlaceIn(part.topic, &file);
  if (place.partition() < 0 || place.partition() >= partitions) {
    place.set_partition(PartitionOf(FileName(part.agent, part.file), partitions));
  }
  return {
      place.partition(),
      {.end = place.end_offset(), .exact = place.exact(), .offsets = {place.offsets().begin(), place.offsets().end()}}};
}

void FileTable::Delivered(const BatchView& batch) {
  MutexLock lock(&mutex_);
  File& file = FindOrAdd(batch.agent, batch.file);
  v1::FileWatermark* mark = file.state.mutable_watermark();
  if (batch.end_offset <= mark->end_offset()) return;
  SetFile(batch.file, mark->mutable_file());
  MoveTo(batch.end_offset, &file);
  mark->set_path(std::string(batch.path));
  mark->mutable_head()->ParseFromArray(batch.head.data(), static_cast<int>(batch.head.size()));
  mark->mutable_frontier()->ParseFromArray(batch.frontier.data(), static_cast<int>(batch.frontier.size()));
  file.sent_end = std::max(file.sent_end, batch.end_offset);
  Change(batch.agent, batch.file, &file);
}

void FileTable::Rejected(const BatchView& batch, const absl::Status& why) {
  MutexLock lock(&mutex_);
  File& file = FindOrAdd(batch.agent, batch.file);
  // The first one that is missing decides.
  if (!file.held_from.has_value() || batch.first_offset < *file.held_from) {
    file.held_from = batch.first_offset;
    file.held_because = why;
  }
  file.sent_end = file.state.watermark().end_offset();
}

void FileTable::Learn(std::string_view agent, const FileKey& key, const v1::KafkaFileState& state) {
  MutexLock lock(&mutex_);
  File& file = FindOrAdd(agent, key);
  if (state.watermark().end_offset() < file.state.watermark().end_offset()) return;
  file.state = state;
  file.sent_end = std::max(file.sent_end, state.watermark().end_offset());
}

void FileTable::Forget(std::string_view agent, const FileKey& key) {
  MutexLock lock(&mutex_);
  const auto files = agents_.find(agent);
  if (files == agents_.end()) return;
  // Somebody forgot what is in use here: it is recorded anew.
  const auto file = files->second.find(key);
  if (file == files->second.end() || !file->second.AtRest()) return;
  files->second.erase(file);
  if (files->second.empty()) agents_.erase(files);
}

bool FileTable::Found(const FileOfAgent& who, const MessageView& message, std::string_view topic, int32_t partition) {
  MutexLock lock(&mutex_);
  File& file = FindOrAdd(who.agent, who.file);
  v1::FileWatermark* mark = file.state.mutable_watermark();
  v1::KafkaFilePlace& place = PlaceIn(topic, &file);
  place.set_partition(partition);
  const bool is_ahead = message.end > std::max(mark->end_offset(), place.end_offset());
  // Of what was divided among topics the others may be missing.
  const bool moves_mark = message.whole && is_ahead;
  const bool is_news = !moves_mark && NoteRecord(message.offset, mark->end_offset(), &place);
  if (!is_ahead && !is_news) return false;
  if (is_ahead) place.set_end_offset(message.end);
  Change(who.agent, who.file, &file);
  if (!moves_mark) return true;
  SetFile(who.file, mark->mutable_file());
  MoveTo(message.end, &file);
  if (!message.path.empty()) mark->set_path(std::string(message.path));
  // Of the bytes before this place nothing is known but that they were sent.
  mark->clear_frontier();
  file.sent_end = std::max(file.sent_end, message.end);
  return true;
}

void FileTable::Settle(std::string_view agent) {
  MutexLock lock(&mutex_);
  const auto files = agents_.find(agent);
  if (files == agents_.end()) return;
  for (auto& [key, file] : files->second) {
    file.sent_end = file.state.watermark().end_offset();
    file.held_from.reset();
  }
}

void FileTable::SettleAll() {
  MutexLock lock(&mutex_);
  for (auto& [agent, files] : agents_) {
    for (auto& [key, file] : files) file.sent_end = file.state.watermark().end_offset();
  }
}

std::vector<v1::FileWatermark> FileTable::Of(std::string_view agent) const {
  MutexLock lock(&mutex_);
  std::vector<v1::FileWatermark> marks;
  const auto files = agents_.find(agent);
  if (files == agents_.end()) return marks;
  for (const auto& [key, file] : files->second) {
    if (file.state.watermark().end_offset() > 0) marks.push_back(file.state.watermark());
  }
  return marks;
}

std::vector<std::string> FileTable::Agents() const {
  MutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (const auto& [agent, files] : agents_) {
    const bool any = std::any_of(files.begin(), files.end(),
                                 [](const auto& entry) { return entry.second.state.watermark().end_offset() > 0; });
    if (any) names.push_back(agent);
  }
  return names;
}

bool FileTable::Knows(std::string_view agent) const {
  MutexLock lock(&mutex_);
  return agents_.contains(agent);
}

uint64_t FileTable::DeliveredEnd(std::string_view agent, const FileKey& key) const {
  MutexLock lock(&mutex_);
  const auto files = agents_.find(agent);
  if (files == agents_.end()) return 0;
  const auto entry = files->second.find(key);
  return entry == files->second.end() ? 0 : entry->second.state.watermark().end_offset();
}

std::vector<std::pair<std::string, v1::KafkaFileState>> FileTable::TakeChanged(int64_t now_unix_nano) {
  MutexLock lock(&mutex_);
  std::vector<std::pair<std::string, v1::KafkaFileState>> states;
  states.reserve(changed_.size());
  for (const auto& [agent, key] : changed_) {
    File* file = Find(agent, key);
    if (file == nullptr) continue;
    file->changed = false;
    if (IsEphemeralAgent(agent)) file->state.set_time_unix_nano(static_cast<uint64_t>(now_unix_nano));
    states.emplace_back(FileName(agent, key), file->state);
  }
  changed_.clear();
  return states;
}

std::vector<std::string> FileTable::ForgetEphemeral(int64_t unix_nano) {
  MutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (auto agent = agents_.lower_bound(kEphemeralAgentPrefix);
       agent != agents_.end() && IsEphemeralAgent(agent->first);) {
    absl::erase_if(agent->second, [&](const auto& entry) {
      const auto recorded = static_cast<int64_t>(entry.second.state.time_unix_nano());
      if (recorded == 0 || recorded >= unix_nano || !entry.second.AtRest()) return false;
      names.push_back(FileName(agent->first, entry.first));
      return true;
    });
    agent = agent->second.empty() ? agents_.erase(agent) : std::next(agent);
  }
  return names;
}

void FileTable::MarkAllChanged() {
  MutexLock lock(&mutex_);
  for (auto& [agent, files] : agents_) {
    for (auto& [key, file] : files) Change(agent, key, &file);
  }
}

void FileTable::MarkChanged(const std::vector<std::pair<std::string, v1::KafkaFileState>>& states) {
  MutexLock lock(&mutex_);
  for (const auto& [name, state] : states) {
    const std::optional<FileOfAgent> who = ParseFileName(name);
    if (!who.has_value()) continue;
    if (File* file = Find(who->agent, who->file); file != nullptr) Change(who->agent, who->file, file);
  }
}

}  // namespace sluice::collector::kafka
