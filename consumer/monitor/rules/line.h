// A record as rules look at it: with what it shares with its batch and, if it is a line of an access log or a JSON
// object, with what that says, which is read when the first rule asks for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "consumer/client/batch.h"
#include "consumer/monitor/access/access_record.h"
#include "consumer/monitor/rules/json_body.h"

namespace sluice::monitor {

// Not thread-safe.
class Line {
 public:
  // The record is to be set before anything but batch() is asked for. All of these outlive the line.
  Line(const client::Batch* batch, AccessReader* reader, JsonBody* json)
      : batch_(batch), reader_(reader), json_(json) {}

  void Set(const client::RecordView* record) {
    record_ = record;
    state_ = AccessState::kNotRead;
    json_set_ = false;
  }
  const client::Batch& batch() const { return *batch_; }
  const client::RecordView& record() const { return *record_; }
  // What the agent's parser found, or else the field of this name of the line, if that is a JSON object. The view lives
  // until the next call.
  std::optional<std::string_view> Attribute(std::string_view name) const;
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
  JsonBody* json_;
  const client::RecordView* record_ = nullptr;
  mutable bool json_set_ = false;
  mutable AccessState state_ = AccessState::kNotRead;
  mutable AccessHit hit_;
  mutable std::string section_;
  mutable char status_[3] = {};
};

}  // namespace sluice::monitor
