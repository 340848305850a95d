// A record as a line of output.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "consumer/client/batch.h"

namespace sluice::cli {

// Value in, text out. Not thread-safe.
class RecordFormat {
 public:
  virtual ~RecordFormat() = default;
  // The batch whose records come next; it must stay until the last of them is appended.
  virtual void BeginBatch(const client::Batch& batch) = 0;
  // Appends the record and a newline.
  virtual void Append(const client::RecordView& record, std::string* out) = 0;
};

// For people:
//
//   09:15:39.123 checkout  ERROR payment failed order=A-1029
//
// Time in `zone`, with the date if that is not today's; the topic; the severity; the line, with control characters made
// visible, and "…" where it goes on in another record. With `color`, topic and severity are coloured, and what the
// filter looked for (`contains`, `regex`) is shown.
struct TextFormatOptions {
  bool color = false;
  std::string contains = {};
  std::string regex = {};
  absl::TimeZone zone = absl::UTCTimeZone();
  const Clock* clock = SystemClock();
};
std::unique_ptr<RecordFormat> NewTextFormat(const TextFormatOptions& options);

// One JSON object a line; always the same keys in the same order, but `part` and `raw_body` (base64), which are there
// only if the line is no whole one, or no UTF-8:
//
//   {"time":"2026-11-20T09:15:39.123000000Z","topic":"checkout","severity":"ERROR","severity_number":17,
//    "severity_text":"error","body":"…","attributes":{},"agent":"web-1","host":"web-1","path":"/var/log/shop/a.log",
//    "source":"shop","labels":{},"offset":1024}
//
// A severity that is not known is null, 0.
std::unique_ptr<RecordFormat> NewJsonFormat();

// The line's exact bytes. With `visible`, control characters are made visible.
std::unique_ptr<RecordFormat> NewRawFormat(bool visible);

}  // namespace sluice::cli
