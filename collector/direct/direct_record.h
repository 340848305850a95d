// What a service sent, whatever protocol it used: records, and what is wrong with those that cannot be taken.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/direct/direct_options.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector {

struct DirectRecord {
  std::string service;
  std::string environment;  // may be empty
  std::string host;         // may be empty
  v1::LogRecord record;
};

// The topic of a record's service and environment, by a template. Immutable; thread-safe.
class DirectTopic {
 public:
  // InvalidArgument says what is no template.
  static absl::StatusOr<DirectTopic> Compile(const std::string& text);

  // In the values, what no topic may contain becomes '_'. InvalidArgument if a value is missing, if what comes of it is
  // no topic, or if it is one of Sluice's own ("sluice.…").
  absl::StatusOr<std::string> Fill(const DirectRecord& record) const;

 private:
  struct Piece {
    enum class Kind { kText, kService, kEnvironment };
    Kind kind = Kind::kText;
    std::string text;
  };
  std::vector<Piece> pieces_;
};

// InvalidArgument if a record has more bytes than `bytes_max`, or text that is not UTF-8.
absl::Status CheckDirectRecord(const DirectRecord& record, size_t bytes_max);

}  // namespace sluice::collector
