// What things are called in Kafka: topics, keys of messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/log/batch_view.h"

namespace sluice::collector::kafka {

// A topic's name with the prefix, and without. Value type.
class TopicNames {
 public:
  explicit TopicNames(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string ToKafka(std::string_view topic) const { return prefix_ + std::string(topic); }
  // Nullopt for topics that are not the log's: without its prefix, Kafka's own, and those in which collectors keep what
  // they know.
  std::optional<std::string_view> FromKafka(std::string_view topic) const;
  std::string watermarks() const { return prefix_ + "sluice-watermarks"; }
  // Where consumer groups stand; and the topic without messages whose partitions are their slots.
  std::string groups() const { return prefix_ + "sluice-groups"; }
  std::string group_slots() const { return prefix_ + "sluice-group-slots"; }
  // Kafka's own group, in which a consumer group's members share out the slots.
  std::string KafkaGroup(std::string_view group) const { return prefix_ + "sluice-group-" + std::string(group); }
  const std::string& prefix() const { return prefix_; }

 private:
  std::string prefix_;
};

// A file of an agent as text, the key of its messages: "web-1/2049:1234:1700000000000000000:0" (agent, device, inode,
// birth time, generation).
std::string FileName(std::string_view agent, const FileKey& file);
// Views into `name`. Nullopt if it is none.
struct FileOfAgent {
  std::string_view agent;
  FileKey file;
};
std::optional<FileOfAgent> ParseFileName(std::string_view name);

// The partition of a file that has none yet.
int32_t PartitionOf(std::string_view file_name, int32_t partitions);

}  // namespace sluice::collector::kafka
