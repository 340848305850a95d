// What a subscription asks for: which topics, which batches, which records.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/glob.h"
#include "collector/log/batch_view.h"
#include "collector/log/record_view.h"
#include "re2/re2.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::collector {

// Immutable after Compile; thread-safe. filter_test.cc compares it with a slow one over the generated classes.
class Filter {
 public:
  // From `topics`, `min_severity`, `contains`, `regex`, `start.time` and `end_time`. InvalidArgument names the field,
  // what was found and what is allowed.
  static absl::StatusOr<Filter> Compile(const v1::SubscribeRequest& request);

  // "sluice.events" is matched only by patterns that begin with "sluice.".
  bool MatchesTopic(std::string_view topic) const;

  // Which records of a batch match, as far as that can be said without looking at each.
  enum class Verdict { kNone, kAll, kSome };
  Verdict Judge(const BatchView& batch) const;

  bool Matches(const RecordView& record) const;

 private:
  Filter() = default;
  absl::Status CompileTopics(const v1::SubscribeRequest& request);
  absl::Status CompileSeverity(const v1::SubscribeRequest& request);
  absl::Status CompileText(const v1::SubscribeRequest& request);
  absl::Status CompileTimes(const v1::SubscribeRequest& request);

  std::vector<std::string> topic_names_;  // patterns that stand for themselves
  std::vector<Glob> topic_globs_;
  uint32_t severities_ = ~uint32_t{0};  // bit n: severity n passes
  uint64_t min_time_unix_nano_ = 0;
  uint64_t end_time_unix_nano_ = std::numeric_limits<uint64_t>::max();  // not included
  std::string contains_;
  std::unique_ptr<re2::RE2> regex_;
};

}  // namespace sluice::collector
