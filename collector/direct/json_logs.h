// The bodies of POST /v1/logs and POST /v1/heartbeats; pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/direct/direct_record.h"

namespace sluice::collector {

// Where a body is wrong.
struct JsonFault {
  size_t item = 0;    // from 0
  std::string field;  // empty: the item as a whole
  std::string error;
  bool too_many = false;  // records
};

struct JsonBody {
  std::vector<DirectRecord> records;
  std::optional<JsonFault> fault;  // set: nothing of the body is taken
};

// An object, an array of objects, or objects one after the other with white space between them (NDJSON).
//   logs: {"service", "environment", "severity", "message", "time", …}: everything else becomes attributes, nested
//   objects flattened with dots, arrays as JSON. `message` is needed.
//   heartbeats: {"service", "environment", "instance", "interval", "status", "time", …}: `service` and `interval`
//   (seconds, or "10s") are needed; the record's body is a JSON object of all of it with "interval" in seconds, and its
//   attributes say the same.
// `now` is the time of records that name none.
JsonBody ReadJsonLogs(std::string_view body, absl::Time now, const DirectOptions& limits);
JsonBody ReadJsonHeartbeats(std::string_view body, absl::Time now, const DirectOptions& limits);

}  // namespace sluice::collector
