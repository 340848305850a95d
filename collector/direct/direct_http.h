// POST /v1/logs and POST /v1/heartbeats.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/http_server.h"
#include "collector/direct/direct_log.h"
#include "collector/direct/direct_options.h"
#include "collector/direct/direct_record.h"

namespace sluice::collector {

// Thread-safe. Answers: 202 {"accepted": N} when all records are durable; 400 {"error", "item", "field"} if one of them
// cannot be taken (then none is), 413, 415, 429 with Retry-After while the log has no room, 503 with Retry-After if it
// has not stored them in time (they may be stored all the same).
class DirectHttp {
 public:
  // Nothing is owned. `topic` was compiled from `options.topic`.
  DirectHttp(const DirectOptions& options, DirectTopic topic, DirectLog* log, CollectorMetrics* metrics,
             const Clock* clock);

  // To be served. This outlives the server.
  std::vector<HttpPost> Posts();

 private:
  HttpResponse PostLogs(const HttpRequest& request);
  HttpResponse PostHeartbeats(const HttpRequest& request);
  HttpResponse Store(std::vector<TopicRecord> records);
  HttpResponse Counted(HttpResponse response);

  const DirectOptions options_;
  const DirectTopic topic_;
  DirectLog* const log_;
  CollectorMetrics* const metrics_;
  const Clock* const clock_;
};

}  // namespace sluice::collector
