// How far each file is delivered, and how far it is under way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "collector/log/batch_view.h"
#include "collector/log/kafka/delivered_records.h"
#include "collector/log/kafka/message_format.h"
#include "collector/log/kafka/names.h"
#include "sluice/v1/kafka_state.pb.h"

namespace sluice::collector::kafka {

// Thread-safe.
class FileTable {
 public:
  // What is to be done with a batch that comes.
  struct Verdict {
    enum class Kind { kSend, kDuplicate, kReject };
    Kind kind = Kind::kSend;
    // kSend: records that begin before it were sent already.
    uint64_t from_offset = 0;
    absl::Status rejection;
  };
  // Decides, and notes it as sent.
  Verdict Send(const BatchView& batch);
  // Where what goes to the topic of `part` is put, and what of it is delivered there although the file's watermark is
  // not behind it.
  struct Place {
    int32_t partition = 0;
    DeliveredRecords delivered;
  };
  Place PlaceOf(const BatchView& part, int32_t partitions);
  // Everything of `batch` is delivered: its end is the file's watermark.
  void Delivered(const BatchView& batch);
  // `batch` will not be delivered: until it comes again, nothing behind it is sent.
  void Rejected(const BatchView& batch, const absl::Status& why);

  // From the compacted topic.
  void Learn(std::string_view agent, const FileKey& file, const v1::KafkaFileState& state);
  void Forget(std::string_view agent, const FileKey& file);
  // From a message that was found in a partition; true if that was news.
  bool Found(const FileOfAgent& file, const MessageView& message, std::string_view topic, int32_t partition);
  // Nothing of the agent is under way: what is delivered is what was sent. And of everybody.
  void Settle(std::string_view agent);
  void SettleAll();

  std::vector<v1::FileWatermark> Of(std::string_view agent) const;
  std::vector<std::string> Agents() const;
  bool Knows(std::string_view agent) const;
  // 0: nothing is delivered.
  uint64_t DeliveredEnd(std::string_view agent, const FileKey& file) const;

  // What has changed since it was last taken, by key of the file's messages.
  std::vector<std::pair<std::string, v1::KafkaFileState>> TakeChanged(int64_t now_unix_nano);
  // That did not reach the topic: to be taken again.
  void MarkChanged(const std::vector<std::pair<std::string, v1::KafkaFileState>>& states);
  // Everything: none of it is in the topic any more.
  void MarkAllChanged();
  // Forgets the files of ephemeral agents that were recorded last before `unix_nano` and of which nothing is under way;
  // the keys of their messages.
  std::vector<std::string> ForgetEphemeral(int64_t unix_nano);

 private:
  struct File {
    v1::KafkaFileState state;
    uint64_t sent_end = 0;
    bool changed = false;
    // Set: a batch that begins there was rejected.
    std::optional<uint64_t> held_from;
    absl::Status held_because;

    bool AtRest() const { return !changed && sent_end <= state.watermark().end_offset(); }
  };
  using Files = absl::flat_hash_map<FileKey, File>;
  // Moves the file's watermark on.
  static void MoveTo(uint64_t end_offset, File* file);
  // The file's place in the topic; partition -1 if it had none.
  static v1::KafkaFilePlace& PlaceIn(std::string_view topic, File* file);
  File* Find(std::string_view agent, const FileKey& file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  File& FindOrAdd(std::string_view agent, const FileKey& file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Change(std::string_view agent, const FileKey& key, File* file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Files, std::less<>> agents_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, FileKey>> changed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector::kafka
