// What the log has refused of a stream's files, and what is done when it comes again: the way to the dead letters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/ingest/push_message.h"
#include "collector/log/dead_letter.h"
#include "collector/route/router.h"

namespace sluice::collector {

// A refused batch goes back to its agent, which sends it again: so nothing of the file can pass it meanwhile
// (FileHolds). After enough tries its records come one by one, to find the one that the log will not take; that one
// becomes a dead letter, the others go their way. Not thread-safe.
class Refusals {
 public:
  // `files_max`: of more files refusals are not remembered, and these wait.
  Refusals(const DeadLetterOptions& options, size_t files_max) : options_(options), files_max_(files_max) {}

  bool empty() const { return files_.empty(); }
  // The log refused `batch`, and why; what the agent is to be told: Aborted if it comes to something else the next
  // time.
  absl::Status Note(const IngestBatch& batch, const absl::Status& why);
  // The log took it.
  void Stored(const IngestBatch& batch);

  // `batch`, or what it is cut into because of an earlier refusal, in order. An error is our own mistake.
  absl::StatusOr<std::vector<IngestBatch>> Prepare(IngestBatch batch, const Router* router) const;

 private:
  // Of a file: what the log will not take lies in [begin, end).
  struct Refusal {
    uint64_t begin = 0;
    uint64_t end = 0;
    bool single = false;  // one record
    int tries = 0;
    std::string_view reason;
    std::string error;
  };

  absl::Status MakeDeadLetter(const Refusal& refusal, IngestBatch* batch) const;

  const DeadLetterOptions options_;
  const size_t files_max_;
  absl::flat_hash_map<FileKey, Refusal> files_;
};

}  // namespace sluice::collector
