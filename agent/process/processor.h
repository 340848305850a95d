// What is done to a source's records before they are sent: drop or keep, sample, redact; compiled.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "agent/process/record_filter.h"
#include "agent/process/redactor.h"

namespace sluice::agent {

struct ProcessOptions {
  FilterOptions filter = {};
  std::vector<RedactRule> redact = {};

  friend bool operator==(const ProcessOptions&, const ProcessOptions&) = default;
};

// Immutable; thread-safe.
class Processor {
 public:
  // InvalidArgument names the option, "drop[0]: …".
  static absl::StatusOr<Processor> Create(const ProcessOptions& options) {
    Processor processor;
    absl::StatusOr<RecordFilter> filter = RecordFilter::Create(options.filter);
    if (!filter.ok()) return filter.status();
    absl::StatusOr<Redactor> redactor = Redactor::Create(options.redact);
    if (!redactor.ok()) return redactor.status();
    processor.filter_ = *std::move(filter);
    processor.redactor_ = *std::move(redactor);
    return processor;
  }

  // False: records are sent as they are.
  bool active() const { return filter_.active() || redactor_.active(); }
  const RecordFilter& filter() const { return filter_; }
  const Redactor& redactor() const { return redactor_; }

 private:
  RecordFilter filter_;
  Redactor redactor_;
};

}  // namespace sluice::agent
