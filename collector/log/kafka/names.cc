#include "collector/log/kafka/names.h"

#include <charconv>

#include "absl/status/status.h"
#include "base/hash.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

template <typename T>
bool TakeNumber(std::string_view* rest, char end, T* value) {
  const size_t at = end == '\0' ? rest->size() : rest->find(end);
  if (at == std::string_view::npos || at == 0) return false;
  const auto [last, error] = std::from_chars(rest->data(), rest->data() + at, *value);
  if (error != std::errc() || last != rest->data() + at) return false;
  rest->remove_prefix(end == '\0' ? at : at + 1);
  return true;
}

}  // namespace

std::optional<std::string_view> TopicNames::FromKafka(std::string_view topic) const {
  if (!topic.starts_with(prefix_) || topic.starts_with("__")) return std::nullopt;
  if (topic == watermarks() || topic == groups() || topic == group_slots()) return std::nullopt;
  topic.remove_prefix(prefix_.size());
  if (!CheckTopicName(topic).ok()) return std::nullopt;
  return topic;
}

std::string FileName(std::string_view agent, const FileKey& file) {
  return StrCat(agent, "/", file.device, ":", file.inode, ":", file.birth_time_unix_nano, ":", file.generation);
}

std::optional<FileOfAgent> ParseFileName(std::string_view name) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  FileOfAgent result;
  result.agent = name.substr(0, slash);
  std::string_view rest = name.substr(slash + 1);
  if (!CheckAgentId(result.agent).ok() || !TakeNumber(&rest, ':', &result.file.device) ||
      !TakeNumber(&rest, ':', &result.file.inode) || !TakeNumber(&rest, ':', &result.file.birth_time_unix_nano) ||
      !TakeNumber(&rest, '\0', &result.file.generation)) {
    return std::nullopt;
  }
  return result;
}

int32_t PartitionOf(std::string_view file_name, int32_t partitions) {
  return static_cast<int32_t>(Xxh3(file_name) % static_cast<uint64_t>(partitions));
}

}  // namespace sluice::collector::kafka
