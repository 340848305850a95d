// From a descriptor to a topic, a line a record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/waker.h"
#include "consumer/client/client.h"

namespace sluice::cli {

// A longer line becomes several records (LogRecord.part). Bytes that are no text take four times their room:
// themselves, and a U+FFFD each.
inline constexpr size_t kPublishedPartBytes = client::kPublishedRecordBytesMax / 6;

struct PublishOptions {
  std::string topic;
  v1::Severity severity = v1::SEVERITY_UNSPECIFIED;
  std::string severity_text;
  std::optional<absl::Time> time;  // of all records; not set: when each is read
  // Number the records by their place in the input, so that what the collector holds of them is left out.
  bool numbered = false;
};

// Reads until the end of the input, or Stop; then waits until all that was read is durable. Run and Stop may run on
// different threads.
class LinePublisher {
 public:
  // `publisher` outlives it; `descriptor` is not owned.
  LinePublisher(client::Publisher* publisher, PublishOptions options, int descriptor)
      : publisher_(publisher), options_(std::move(options)), descriptor_(descriptor) {}

  // OK: everything that was read is durable.
  absl::Status Run();
  // Reads nothing more.
  void Stop();

  // Records that were made of the input; with `numbered` also those that the collector holds from before.
  uint64_t records() const;

 private:
  absl::Status Read();
  absl::Status Publish(std::string_view line, v1::LinePart part);
  bool stopped() const;

  client::Publisher* const publisher_;
  const PublishOptions options_;
  const int descriptor_;
  Waker waker_;
  mutable Mutex mutex_;
  uint64_t records_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::cli
