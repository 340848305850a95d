// Bodies of any bytes: never more than the bounds, and a fault is told with its place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "collector/direct/json_logs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::collector::JsonBody;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const sluice::collector::DirectOptions limits{.record_bytes = 4096, .records = 16};
  for (const auto read : {sluice::collector::ReadJsonLogs, sluice::collector::ReadJsonHeartbeats}) {
    const JsonBody body = read(bytes, absl::FromUnixSeconds(1'800'000'000), limits);
    if (body.records.size() > limits.records) std::abort();
    if (body.fault.has_value() && (body.fault->error.empty() || body.fault->item > body.records.size())) std::abort();
    if (!body.fault.has_value() && body.records.empty()) std::abort();
    for (const auto& record : body.records) {
      if (record.record.ByteSizeLong() > limits.record_bytes) std::abort();
    }
  }
  return 0;
}
