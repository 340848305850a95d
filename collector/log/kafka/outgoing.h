// A batch on its way to the brokers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/log/event_log.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/delivered_records.h"
#include "collector/log/kafka/handles.h"

namespace sluice::collector::kafka {

// One call of Append. Guarded by its writer's lock.
struct AppendCall {
  EventLog::AppendDone done;
  std::vector<AppendResult> results;
  size_t left = 0;  // batches without a result
};

struct InFlight;

// What goes to one partition of a batch: the batch itself, or one of its parts.
struct Outgoing {
  InFlight* batch = nullptr;
  BatchPart part;
  bool whole = true;           // the batch itself
  DeliveredRecords delivered;  // these are not sent
  TopicPartition partition;
  uint32_t messages = 0;

  // Of the producer's thread: the records that librdkafka was not given yet.
  bool begun = false;
  std::string_view rest;
  uint32_t handed = 0;

  uint32_t reported = 0;
  int64_t first = -1;
  int64_t last = -1;
  // The first that is not for the sake of another one.
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

// Lives until the last of its messages is reported. Of the writer's thread until it is sent, then guarded by its lock.
struct InFlight {
  std::shared_ptr<AppendCall> call;
  size_t index = 0;  // of the batch in the call
  PendingBatch batch;
  std::string file;     // its name
  uint64_t number = 0;  // in the order of producing
  std::vector<std::unique_ptr<Outgoing>> parts;
  bool duplicate = false;
  int64_t produced_monotonic_nano = 0;
  size_t bytes = 0;

  uint32_t messages = 0;
  uint32_t reported = 0;
  bool failed = false;
  int failures = 0;    // deliveries that ended with an error of its own, with those of its earlier tries
  bool noted = false;  // the file's watermark is behind it

  bool complete() const { return reported == messages && !failed; }
};

}  // namespace sluice::collector::kafka
