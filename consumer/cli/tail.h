// What `sluice tail` does once its flags are read.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "consumer/cli/output.h"
#include "consumer/cli/record_format.h"
#include "consumer/client/client.h"

namespace sluice::cli {

// Writes the records of the subscription until it ends. OK at its end, when it was cancelled, and when nobody reads the
// output any more. What is there is written at once; what comes in bulk, in large pieces. In a consumer group (`group`)
// each event is written before the next one is asked for, since that acknowledges it.
absl::Status Tail(client::Subscription* subscription, RecordFormat* format, Output* output, bool group = false);

// For SubscribeOptions::on_state: one line in the program's log when the connection is lost, one when it is back.
std::function<void(const client::ConnectionState&)> ConnectionReporter(std::string collector);

}  // namespace sluice::cli
