// `direct:` of the configuration: what services send by themselves, over HTTP and OTLP.
#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"

namespace sluice::collector {

struct DirectOptions {
  bool enabled = true;
  // {service} and {environment} stand for what the records say.
  std::string topic = "{service}";
  std::string heartbeats_topic = "heartbeats";
  // Of a request over HTTP, decompressed.
  size_t body_bytes = 4 << 20;
  // Of a record: its message and attributes.
  size_t record_bytes = 512 << 10;
  // Records of a request.
  size_t records = 10'000;
  // Requests over HTTP that may be under way.
  size_t requests = 16;
  // A request waits for its records to be durable at most so long.
  absl::Duration timeout = absl::Seconds(10);
};

}  // namespace sluice::collector
