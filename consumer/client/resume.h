// What a subscription still wants: how it goes on where it was after a connection broke. No I/O.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "consumer/client/response.h"
#include "consumer/client/subscription.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::client {

// Not thread-safe.
class Resume {
 public:
  explicit Resume(const SubscribeOptions& options);

  // The request of the next connection: from where the last delivered response ended (a consumer group knows that by
  // itself), for as many records as are left.
  const v1::SubscribeRequest& NextRequest();
  // Records before it are left out. The collector does so, too, but only as long as the request says `start.time`, not
  // `start.cursor`.
  uint64_t min_time_unix_nano() const { return min_time_unix_nano_; }
  // Counts a response that goes to the user. DataLoss if it holds more records than the limit leaves.
  absl::Status Deliver(const Response& response);
  // All that was asked for is delivered.
  bool complete() const { return limit_ != 0 && delivered_ == limit_; }

  enum class StreamEnd {
    kDone,   // everything there was
    kAgain,  // only the limit of this connection: records that were left out here counted for the collector
    kEarly,  // it should have gone on
  };
  // What it means that the collector ended the present stream with OK.
  StreamEnd OnStreamEnd() const;

  const std::string& cursor() const { return cursor_; }

 private:
  v1::SubscribeRequest request_;
  uint64_t min_time_unix_nano_ = 0;
  const uint64_t limit_;
  uint64_t delivered_ = 0;
  uint64_t sent_on_stream_ = 0;
  std::string cursor_;
};

// True if trying again cannot help.
bool IsPermanent(const absl::Status& status);

}  // namespace sluice::client
