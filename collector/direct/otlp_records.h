// From OTLP's log records to ours; pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "collector/direct/direct_log.h"
#include "collector/direct/direct_record.h"
#include "opentelemetry/proto/collector/logs/v1/logs_service.pb.h"

namespace sluice::collector {

struct OtlpRecords {
  std::vector<TopicRecord> records;
  size_t refused = 0;
  std::string reason;  // of the first one that was
};

// service.name → service, deployment.environment(.name) → environment, host.name → host; other attributes of the
// resource, of the scope and of the record become attributes, of which the nearest counts; nested ones flattened with
// dots. trace_id and span_id in hex. A body that is no text becomes JSON, bytes stay what they are. A record without a
// time has the time at which it was observed, or else `now`.
OtlpRecords ReadOtlp(const opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest& request,
                     const DirectTopic& topic, absl::Time now, const DirectOptions& limits);

}  // namespace sluice::collector
