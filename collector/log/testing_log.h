// What tests of a log do all the time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "collector/log/event_log.h"
#include "collector/log/testing_batches.h"

namespace sluice::collector::testing {

// Appends and waits for the results.
std::vector<AppendResult> AppendAll(EventLog& log, std::vector<PendingBatch> batches);
AppendResult AppendOne(EventLog& log, const BatchSpec& spec);

// Reads to the end, or until an omission.
std::vector<StoredBatch> ReadAll(LogReader& reader, Omission* omission = nullptr, size_t max_bytes = 1 << 20);
std::vector<StoredBatch> ReadFrom(EventLog& log, Position start);

inline bool AllTopics(std::string_view) { return true; }

// "topic:offset" of each record.
std::vector<std::string> Names(const std::vector<StoredBatch>& batches);
// "topic:first offset" of each batch; only for engines that give batches back as they were appended.
std::vector<std::string> BatchNames(const std::vector<StoredBatch>& batches);

}  // namespace sluice::collector::testing
