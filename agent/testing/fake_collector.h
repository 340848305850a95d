// A collector in memory, for tests: keeps what it is sent as the real one does, and fails when it is told to.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "agent/link/collector_link.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::agent {

// One record as it was stored.
struct StoredLine {
  std::string topic;
  std::string path;
  uint64_t offset = 0;
  std::string bytes;  // the exact line
  v1::LogRecord record;
  // What came before of the same line, which was taken for finished before somebody wrote on after all.
  std::string begun = {};
};

// One thread.
class FakeCollector final : public CollectorLink {
 public:
  using FileKey = std::tuple<uint64_t, uint64_t, uint64_t, uint32_t>;  // inode, birth, device, generation

  // The agent's connection comes up, and it is told the watermarks.
  void Connect();
  // The connection breaks: what waits is lost.
  void Disconnect();
  bool connected() const { return connected_; }
  // Stores the next `count` messages, and acknowledges them if `acknowledge`.
  void Process(size_t count, bool acknowledge);
  // Tells no watermarks at connections; it keeps them.
  void KeepSilent() { silent_ = true; }
  // As if its data directory was removed.
  void LoseEverything() { watermarks_.clear(), files_.clear(), all_.clear(); }
  size_t waiting() const { return waiting_.size(); }
  // Refuses batches of this topic with `code`; empty: none.
  void Refuse(const std::string& topic, int code) { refused_topic_ = topic, refused_code_ = code; }
  // Messages that may wait before it is not writable.
  void SetQueueMax(size_t count) { queue_max_ = count; }

  // In the order of storing, by file.
  const std::map<FileKey, std::vector<StoredLine>>& files() const { return files_; }
  // All stored lines of a topic, in order.
  std::vector<std::string> LinesOf(const std::string& topic) const;
  std::vector<StoredLine> All() const { return all_; }
  uint64_t duplicates() const { return duplicates_; }
  uint64_t messages() const { return messages_; }

  void Take(std::vector<LinkEvent>* events) override;
  bool Writable() const override { return connected_ && waiting_.size() < queue_max_; }
  uint64_t Send(SharedBytes message) override;
  void SendStatus(const v1::AgentStatus& status) override { status_ = status; }

 private:
  void Store(const v1::LogBatch& batch);

  bool connected_ = false;
  bool silent_ = false;
  uint64_t sequence_ = 0;
  size_t queue_max_ = 64;
  std::deque<v1::PushRequest> waiting_;
  std::vector<LinkEvent> events_;
  std::map<FileKey, v1::FileWatermark> watermarks_;
  std::map<FileKey, std::vector<StoredLine>> files_;
  std::map<FileKey, uint64_t> held_;  // refused from this offset on
  std::vector<StoredLine> all_;
  std::string refused_topic_;
  int refused_code_ = 0;
  uint64_t duplicates_ = 0;
  uint64_t messages_ = 0;
  v1::AgentStatus status_;
};

}  // namespace sluice::agent
