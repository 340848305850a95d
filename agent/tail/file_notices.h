// What is told of followed files: losses, counted and said, and what happens to them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/metrics/agent_metrics.h"
#include "agent/tail/file_events.h"
#include "agent/tail/tailed_file.h"

namespace sluice::agent {

// One thread.
class FileNotices {
 public:
  // `events` may be null: nobody keeps a record.
  FileNotices(AgentMetrics* metrics, FileEvents* events) : metrics_(metrics), events_(events) {}

  // Bytes of `file`, or of what it held under another identity, will never be delivered: counted, recorded, and logged
  // if there is a message.
  void Lose(const TailedFile& file, const v1::FileIdentity& identity, LossReason reason, uint64_t bytes,
            std::string_view message);
  void Tell(FileEvent::Kind kind, const TailedFile& file, uint64_t bytes, std::string old_path = "");
  // The collector does not hold so many bytes, of so many files, which it had acknowledged.
  void TellCollectorBehind(uint64_t files, uint64_t bytes);

 private:
  AgentMetrics* const metrics_;
  FileEvents* const events_;
};

}  // namespace sluice::agent
