// What is told of the followed files: how far behind they are.
#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "agent/tail/file_table.h"
#include "sluice/v1/agent_files.pb.h"

namespace sluice::agent {

struct Lag {
  uint64_t bytes = 0;  // not yet acknowledged
  int64_t nanos = 0;   // how long the oldest of them has been there, as far as is known
};

// Notes what is behind at `now` (monotonic), and sums it up. To be called now and then: the time of a lag is known as
// finely as it is called.
Lag NoteLag(const FileTable& table, int64_t now);

// The files, those with the most lag first, up to 1,000 and about 256 KiB; `unreadable` are paths that could not be
// opened. Lags are those of the last NoteLag, `now` is its time.
v1::AgentFiles ReportFiles(const FileTable& table, const absl::flat_hash_set<std::string>& unreadable, int64_t now);

}  // namespace sluice::agent
