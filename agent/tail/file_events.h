// What happens to followed files, told to whoever keeps a record of it.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/v1/log.pb.h"

namespace sluice::agent {

struct FileEvent {
  enum class Kind {
    kAppeared,         // a file is followed from now on; bytes: where reading begins
    kRenamed,          // from old_path to path
    kTruncated,        // its content is another one: it begins anew; bytes: what was read of the old one
    kDeleted,          // no path leads to it any more
    kFinished,         // all of it was delivered, and it is let go; bytes: its size
    kGap,              // bytes that will never be delivered
    kCollectorBehind,  // bytes that a collector had acknowledged, and the one that answers now does not hold
  };
  Kind kind = Kind::kAppeared;
  std::string path;
  std::string old_path;
  std::string source;
  std::string reason;     // of a gap: as in sluice_agent_bytes_lost_total
  v1::FileIdentity file;  // of kCollectorBehind: none
  uint64_t bytes = 0;
  uint64_t files = 0;  // kCollectorBehind: how many
};

// One thread, the tailer's.
class FileEvents {
 public:
  virtual ~FileEvents() = default;
  virtual void OnFileEvent(const FileEvent& event) = 0;
};

}  // namespace sluice::agent
