#include "collector/log/rocksdb/keys.h"

#include <algorithm>

namespace sluice::collector::keys {
namespace {

template <typename T>
void AppendBigEndian(T value, std::string* out) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift & 0xff));
  }
}

template <typename T>
T ReadBigEndian(std::string_view bytes) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | static_cast<uint8_t>(bytes[i]));
  return value;
}

}  // namespace

std::string EncodeBatch(uint64_t sequence, uint32_t topic) {
  std::string key;
  AppendBigEndian(sequence, &key);
  AppendBigEndian(topic, &key);
  return key;
}

std::optional<Batch> DecodeBatch(std::string_view key) {
  if (key.size() != sizeof(uint64_t) + sizeof(uint32_t)) return std::nullopt;
  return Batch{ReadBigEndian<uint64_t>(key), ReadBigEndian<uint32_t>(key.substr(sizeof(uint64_t)))};
}

std::string EncodeIndex(uint32_t topic, uint64_t sequence) {
  std::string key;
  AppendBigEndian(topic, &key);
  AppendBigEndian(sequence, &key);
  return key;
}

std::optional<Index> DecodeIndex(std::string_view key) {
  if (key.size() != sizeof(uint32_t) + sizeof(uint64_t)) return std::nullopt;
  return Index{ReadBigEndian<uint32_t>(key), ReadBigEndian<uint64_t>(key.substr(sizeof(uint32_t)))};
}

std::string EncodeWatermark(std::string_view agent, const FileKey& file) {
  std::string key = WatermarkPrefix(agent);
  AppendBigEndian(file.device, &key);
  AppendBigEndian(file.inode, &key);
  AppendBigEndian(file.birth_time_unix_nano, &key);
  AppendBigEndian(file.generation, &key);
  return key;
}

std::string WatermarkPrefix(std::string_view agent) {
  std::string prefix(agent);
  prefix.push_back('\0');
  return prefix;
}

std::string WatermarkEnd(std::string_view agent) {
  std::string end(agent);
  end.push_back('\1');
  return end;
}

std::string_view WatermarkAgent(std::string_view key) {
  constexpr size_t kFileBytes = 3 * sizeof(uint64_t) + sizeof(uint32_t);
  const size_t end = key.find('\0');
  if (end == std::string_view::npos || key.size() != end + 1 + kFileBytes) return {};
  return key.substr(0, end);
}

std::string EncodeTopic(std::string_view prefix, uint32_t topic) {
  std::string key(prefix);
  AppendBigEndian(topic, &key);
  return key;
}

std::optional<uint32_t> DecodeTopic(std::string_view prefix, std::string_view key) {
  if (!key.starts_with(prefix) || key.size() != prefix.size() + sizeof(uint32_t)) return std::nullopt;
  return ReadBigEndian<uint32_t>(key.substr(prefix.size()));
}

std::string EncodeCommit(const Commit& commit) {
  std::string key(kCommitPrefix);
  AppendBigEndian(static_cast<uint64_t>(std::max<int64_t>(commit.append_unix_nano, 0)), &key);
  AppendBigEndian(commit.first_sequence, &key);
  return key;
}

std::optional<Commit> DecodeCommit(std::string_view key) {
  if (!key.starts_with(kCommitPrefix) || key.size() != kCommitPrefix.size() + 2 * sizeof(uint64_t)) {
    return std::nullopt;
  }
  key.remove_prefix(kCommitPrefix.size());
  return Commit{static_cast<int64_t>(ReadBigEndian<uint64_t>(key)),
                ReadBigEndian<uint64_t>(key.substr(sizeof(uint64_t)))};
}

}  // namespace sluice::collector::keys
