// What the statistics want of a record that a web server wrote, whatever its format:
//   - lines of the common and the combined format, with a virtual host or not; behind them perhaps how long it took: as
//     a last number (seconds with a point, else microseconds, as Apache's %D), or named (rt=0.031, request_time=0.031);
//   - JSON objects with fields of the usual names (nginx, Caddy, Traefik, Envoy);
//   - any line whose attributes, which the agent's parser found, have such names, or those of W3C's extended format.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "consumer/client/batch.h"

namespace sluice::monitor {

enum class LatencyUnit { kAuto, kSeconds, kMillis, kMicros, kNanos };

struct LatencyField {
  std::string name;  // empty: the usual ones
  LatencyUnit unit = LatencyUnit::kAuto;
};

// Views live until the next record is read.
struct AccessHit {
  std::string_view method;
  std::string_view target;  // what was asked for: a path with its query, a URL, or nothing
  std::string_view client;
  int status = 0;  // 100 to 599; 0: not known
  uint64_t bytes = 0;
  double latency_seconds = -1;  // negative: not known
};

enum class AccessResult {
  kHit,
  kMalformed,
  kIgnored,  // blank lines, directives of W3C's format, continued parts of long lines
};

// Not thread-safe. Allocates nothing a line once its buffers are large enough.
class AccessReader {
 public:
  explicit AccessReader(LatencyField latency);
  ~AccessReader();

  AccessResult Read(const client::RecordView& record, AccessHit* hit);

 private:
  class Json;
  bool ReadLine(std::string_view line, AccessHit* hit) const;
  bool ReadAttributes(const client::RecordView& record, AccessHit* hit) const;

  const LatencyField latency_;
  const std::unique_ptr<Json> json_;
};

// "0.031", "31": a latency in this unit, in seconds; kAuto: seconds if there is a point, else `bare`. Negative if it is
// no number.
double ParseLatency(std::string_view text, LatencyUnit unit, LatencyUnit bare);

}  // namespace sluice::monitor
