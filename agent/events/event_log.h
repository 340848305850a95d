// The lifecycle records: a small file of the agent's own, which it tails as topic `sluice.events`.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "agent/metrics/agent_metrics.h"
#include "agent/tail/file_events.h"
#include "base/clock.h"
#include "base/file_system.h"

namespace sluice::agent {

// One JSON object a line:
//
//   {"time":"2026-11-20T09:15:39.123456789Z","level":"warn","event":"gap","reason":"truncated","bytes":512,
//    "path":"/var/log/app/x.log","source":"app","device":2049,"inode":42,"generation":1}
//
// A record is in the file before anything else goes on, so the loss that it tells of survives a crash; and since the
// file is tailed like any other, each arrives once and in order. `directory` holds `events.log`, renamed to
// `events.log.1` at file_bytes_max. More than a bounded rate is not written one by one: what comes above it is summed
// up in a record of event "suppressed". One thread.
class EventLog final : public FileEvents {
 public:
  struct Options {
    std::string directory;
    uint64_t file_bytes_max = 1 << 20;
    double per_second = 100;  // of one level
    double burst = 1000;
  };
  static constexpr std::string_view kTopic = "sluice.events";

  EventLog(Options options, FileSystem* file_system, const Clock* clock, AgentMetrics* metrics);

  void OnFileEvent(const FileEvent& event) override;
  // Writes what was summed up, once the rate allows. When to call again: monotonic, INT64_MAX if there is nothing.
  int64_t Work();

 private:
  // Losses do not wait behind what a storm of renames has used up.
  enum Level { kInfo, kWarn, kLevels };
  struct Bucket {
    double tokens;
    int64_t filled_at;
  };
  struct Sum {
    Level level = kInfo;
    uint64_t count = 0;
    uint64_t bytes = 0;
  };

  static Level LevelOf(FileEvent::Kind kind);
  bool TakeToken(Level level);
  void Write(std::string line);
  absl::Status Append(std::string_view line);
  std::string Begin(Level level, std::string_view event) const;

  const Options options_;
  FileSystem* const file_system_;
  const Clock* const clock_;
  AgentMetrics* const metrics_;
  const std::string path_;

  std::unique_ptr<AppendableFile> file_;
  uint64_t size_ = 0;
  bool torn_ = false;  // the file may end inside a line
  bool failing_ = false;
  std::array<Bucket, kLevels> buckets_;
  std::map<std::pair<std::string, std::string>, Sum> suppressed_;  // by event and reason
};

}  // namespace sluice::agent
