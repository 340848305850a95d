// Batches for tests, made with the generated classes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/log/event_log.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector::testing {

// A batch of `lines` records of one file, each line `line_bytes` long with its newline, beginning at `first_offset`.
struct BatchSpec {
  std::string topic = "app";
  std::string agent = "web-1";
  std::string path = "/var/log/app/a.log";
  uint64_t inode = 1;
  uint32_t generation = 0;
  uint64_t first_offset = 0;
  uint32_t lines = 1;
  uint32_t line_bytes = 16;
};

v1::LogBatch MakeBatch(const BatchSpec& spec);

// One line of 10 bytes.
BatchSpec OneLine(std::string topic, uint64_t inode, uint64_t offset);

// Sets `batch`'s summary to what its records say.
void Summarise(v1::LogBatch* batch);

// As ingest hands it to the log. `batch` must parse.
PendingBatch Pend(const v1::LogBatch& batch);
inline PendingBatch Pend(const BatchSpec& spec) { return Pend(MakeBatch(spec)); }

// The records of `batch` from `begin` to before `end`, under `topic`.
v1::LogBatch Cut(v1::LogBatch batch, const std::string& topic, int begin, int end);
// As routes divide it.
PendingBatch InParts(const v1::LogBatch& batch, const std::vector<v1::LogBatch>& parts);

}  // namespace sluice::collector::testing
