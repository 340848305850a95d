// google.protobuf.Timestamp to and from nanoseconds since the Unix epoch.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "google/protobuf/timestamp.pb.h"

namespace sluice::collector {

google::protobuf::Timestamp ToTimestamp(int64_t unix_nanos);

// InvalidArgument if it lies before 1970 or after 9999, or its nanos are out of range. What 64 bits cannot hold (after
// 2262) becomes the latest time that they can.
absl::StatusOr<int64_t> FromTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace sluice::collector
