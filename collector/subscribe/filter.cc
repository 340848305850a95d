#include "collector/subscribe/filter.h"

#include <algorithm>

#include "base/status.h"
#include "base/strings.h"
#include "collector/support/timestamp.h"

namespace sluice::collector {
namespace {

// The agents' own records. As with a shell's dot files, only patterns that begin so match it: whoever asks for all
// topics wants the lines of files.
constexpr std::string_view kOwnTopic = "sluice.events";
constexpr std::string_view kOwnPrefix = "sluice.";

constexpr int kTopicsMax = 1'000;
constexpr size_t kTopicBytesMax = 1'000;
constexpr size_t kContainsBytesMax = 64 << 10;
constexpr size_t kRegexBytesMax = 4 << 10;
// Of one compiled expression and its caches: a thousand subscribers may each have one.
constexpr int64_t kRegexMemoryMax = 1 << 20;

bool IsLiteral(std::string_view pattern) { return pattern.find_first_of("*?[]{}\\") == std::string_view::npos; }

absl::Status CheckSize(std::string_view field, size_t size, size_t size_max) {
  if (size <= size_max) return absl::OkStatus();
  return InvalidArgument(field, " has ", size, " bytes: allowed are ", size_max);
}

}  // namespace

absl::StatusOr<Filter> Filter::Compile(const v1::SubscribeRequest& request) {
  Filter filter;
  SLUICE_RETURN_IF_ERROR(filter.CompileTopics(request));
  SLUICE_RETURN_IF_ERROR(filter.CompileSeverity(request));
  SLUICE_RETURN_IF_ERROR(filter.CompileText(request));
  SLUICE_RETURN_IF_ERROR(filter.CompileTimes(request));
  return filter;
}

absl::Status Filter::CompileTopics(const v1::SubscribeRequest& request) {
  if (request.topics_size() > kTopicsMax) {
    return InvalidArgument("topics has ", request.topics_size(), " globs: allowed are ", kTopicsMax);
  }
  for (int i = 0; i < request.topics_size(); ++i) {
    const std::string& pattern = request.topics(i);
    std::string field = StrCat("topics[", i, "]");
    SLUICE_RETURN_IF_ERROR(CheckSize(field, pattern.size(), kTopicBytesMax));
    if (pattern.empty()) return InvalidArgument(field, " is empty: leave it out for all topics");
    if (IsLiteral(pattern)) {
      topic_names_.push_back(pattern);
      continue;
    }
    absl::StatusOr<Glob> glob = Glob::Compile(pattern, Glob::Kind::kTopic);
    if (!glob.ok()) return Annotate(glob.status(), StrCat(field, " '", pattern, "'"));
    topic_globs_.push_back(*std::move(glob));
  }
  return absl::OkStatus();
}

absl::Status Filter::CompileSeverity(const v1::SubscribeRequest& request) {
  int severity = request.min_severity();
  if (!v1::Severity_IsValid(severity)) {
    return InvalidArgument("min_severity is ", severity, ": allowed are 0 (all) to ",
                           static_cast<int>(v1::Severity_MAX));
  }
  severities_ = ~uint32_t{0} << severity;
  return absl::OkStatus();
}

absl::Status Filter::CompileText(const v1::SubscribeRequest& request) {
  SLUICE_RETURN_IF_ERROR(CheckSize("contains", request.contains().size(), kContainsBytesMax));
  SLUICE_RETURN_IF_ERROR(CheckSize("regex", request.regex().size(), kRegexBytesMax));
  contains_ = request.contains();
  if (request.regex().empty()) return absl::OkStatus();
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemoryMax);
  regex_ = std::make_unique<re2::RE2>(request.regex(), options);
  if (regex_->ok()) return absl::OkStatus();
  return InvalidArgument("regex '", request.regex(), "': ", regex_->error(),
                         " (RE2 syntax: github.com/google/re2/wiki/Syntax)");
}

absl::Status Filter::CompileTimes(const v1::SubscribeRequest& request) {
  if (request.start().has_time()) {
    absl::StatusOr<int64_t> start = FromTimestamp(request.start().time());
    if (!start.ok()) return Annotate(start.status(), "start.time");
    min_time_unix_nano_ = static_cast<uint64_t>(*start);
  }
  if (!request.has_end_time()) return absl::OkStatus();
  absl::StatusOr<int64_t> end = FromTimestamp(request.end_time());
  if (!end.ok()) return Annotate(end.status(), "end_time");
  end_time_unix_nano_ = static_cast<uint64_t>(*end);
  if (min_time_unix_nano_ < end_time_unix_nano_) return absl::OkStatus();
  return InvalidArgument("start.time is not before end_time: no record can be between them");
}

bool Filter::MatchesTopic(std::string_view topic) const {
  if (std::find(topic_names_.begin(), topic_names_.end(), topic) != topic_names_.end()) return true;
  if (topic == kOwnTopic) {
    return std::any_of(topic_globs_.begin(), topic_globs_.end(), [topic](const Glob& glob) {
      return std::string_view(glob.pattern()).starts_with(kOwnPrefix) && glob.Matches(topic);
    });
  }
  if (topic_names_.empty() && topic_globs_.empty()) return true;
  return MatchesAny(topic_globs_, topic);
}

Filter::Verdict Filter::Judge(const BatchView& batch) const {
  if ((batch.severities & severities_) == 0) return Verdict::kNone;
  if (batch.max_time_unix_nano < min_time_unix_nano_ || batch.min_time_unix_nano >= end_time_unix_nano_) {
    return Verdict::kNone;
  }
  // What no byte of the records has, no line has.
  if (!contains_.empty() && batch.bytes.find(contains_, batch.records_begin) == std::string_view::npos) {
    return Verdict::kNone;
  }
  const bool all = (batch.severities & ~severities_) == 0 && batch.min_time_unix_nano >= min_time_unix_nano_ &&
                   batch.max_time_unix_nano < end_time_unix_nano_ && contains_.empty() && regex_ == nullptr;
  return all ? Verdict::kAll : Verdict::kSome;
}

bool Filter::Matches(const RecordView& record) const {
  if ((severities_ >> record.severity & 1) == 0) return false;
  if (record.time_unix_nano < min_time_unix_nano_ || record.time_unix_nano >= end_time_unix_nano_) return false;
  if (!contains_.empty() && ExactLine(record).find(contains_) == std::string_view::npos) return false;
  if (regex_ == nullptr) return true;
  // Not the exact line: to an expression a byte that is no UTF-8 is nothing, not even "any character".
  const re2::StringPiece body(record.body.data(), record.body.size());
  return regex_->Match(body, 0, body.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

}  // namespace sluice::collector
