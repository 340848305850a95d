// A record as rules look at it: with what it shares with its batch and, if it is a line of an access log, with what
// that says, which is read when the first rule asks for it.
#pragma once

#include <string>
#include <string_view>

#include "consumer/client/batch.h"
#include "consumer/monitor/access/access_record.h"

namespace sluice::monitor {

// Not thread-safe.
class Line {
 public:
  // The record is to be set before anything but batch() is asked for. `batch` and `reader` outlive the line.
  Line(const client::Batch* batch, AccessReader* reader) : batch_(batch), reader_(reader) {}

  void Set(const client::RecordView* record) {
    record_ = record;
    state_ = AccessState::kNotRead;
  }
  const client::Batch& batch() const { return *batch_; }
  const client::RecordView& record() const { return *record_; }
  // Null if it is no line of an access log. Views live until the next Set.
  const AccessHit* access() const;
  // Of such a line: what is asked for without its query, and the section of that; the status as text.
  std::string_view AccessPath() const;
  std::string_view AccessSection() const;
  std::string_view AccessStatus() const;

 private:
  enum class AccessState { kNotRead, kNone, kRead };
  const client::Batch* batch_;
  AccessReader* reader_;
  const client::RecordView* record_ = nullptr;
  mutable AccessState state_ = AccessState::kNotRead;
  mutable AccessHit hit_;
  mutable std::string section_;
  mutable char status_[3] = {};
};

}  // namespace sluice::monitor
