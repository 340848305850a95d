// A LogRecord inside a batch, read in place.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::collector {

// Views into the batch. Value type.
struct RecordView {
  std::string_view bytes;  // the LogRecord message
  std::string_view field;  // the same with its tag and length: what a LogBatch is made of
  uint64_t time_unix_nano = 0;
  uint32_t severity = 0;
  std::string_view body;
  std::string_view raw_body;
  uint64_t offset = 0;
};

// The bytes of the line: `raw_body` if there is one, else `body`.
inline std::string_view ExactLine(const RecordView& record) {
  return record.raw_body.empty() ? record.body : record.raw_body;
}

// Walks the records of a validated batch, in order.
//
//   RecordCursor cursor(view.bytes.substr(view.records_begin));
//   RecordView record;
//   while (cursor.Next(&record)) { … }
class RecordCursor {
 public:
  explicit RecordCursor(std::string_view record_fields) : rest_(record_fields) {}

  // False at the end, and at bytes that no validated batch has.
  bool Next(RecordView* record);

 private:
  std::string_view rest_;
};

}  // namespace sluice::collector
