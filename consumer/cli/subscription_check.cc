#include "consumer/cli/subscription_check.h"

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/glob.h"
#include "base/line_pattern.h"
#include "base/status.h"
#include "base/text.h"
#include "consumer/client/publisher.h"

namespace sluice::cli {
namespace {

constexpr size_t kContainsBytesMax = 64 << 10;

absl::Status CheckText(std::string_view flag, std::string_view text) {
  if (IsValidUtf8(text)) return absl::OkStatus();
  return InvalidArgument(flag, ": found ", Quoted(text), ", which is not UTF-8");
}

// A group's members go on where it was.
bool BeginsAtEnd(const client::SubscribeOptions& options) {
  if (!options.group.empty()) return false;
  const v1::Start& start = options.start.proto();
  return start.has_end() || (options.follow && start.at_case() == v1::Start::AT_NOT_SET);
}

absl::Status CheckRange(const client::SubscribeOptions& options) {
  if (options.end_time == absl::InfiniteFuture()) return absl::OkStatus();
  if (BeginsAtEnd(options) && options.end_time <= absl::FromUnixNanos(SystemClock()->UnixNanos())) {
    return InvalidArgument("--to is in the past: nothing that comes can be before it; say --from where");
  }
  if (!options.start.proto().has_time()) return absl::OkStatus();
  const auto& time = options.start.proto().time();
  const absl::Time start = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  if (start < options.end_time) return absl::OkStatus();
  return InvalidArgument("--to is not after --from: no record can be between them");
}

}  // namespace

absl::Status CheckTopicGlobs(const std::vector<std::string>& globs) {
  for (const std::string& glob : globs) {
    SLUICE_RETURN_IF_ERROR(CheckText("TOPIC_GLOB", glob));
    if (glob.empty()) return InvalidArgument("TOPIC_GLOB: found \"\"; leave it out for all topics");
    absl::Status status = Glob::Compile(glob, Glob::Kind::kTopic).status();
    if (!status.ok()) return InvalidArgument("TOPIC_GLOB: found ", Quoted(glob), ": ", MessageOf(status));
  }
  return absl::OkStatus();
}

absl::Status CheckSubscription(const client::SubscribeOptions& options) {
  SLUICE_RETURN_IF_ERROR(CheckTopicGlobs(options.topics));
  SLUICE_RETURN_IF_ERROR(CheckText("--contains", options.contains));
  if (options.contains.size() > kContainsBytesMax) {
    return InvalidArgument("--contains: found ", options.contains.size(), " bytes; ", kContainsBytesMax,
                           " are allowed");
  }
  SLUICE_RETURN_IF_ERROR(CheckText("--regex", options.regex));
  if (!options.regex.empty()) {
    absl::Status status = LinePattern::Compile(options.regex).status();
    if (!status.ok()) return Annotate(status, "--regex");
  }
  // The names of groups have the form of topics'.
  if (!options.group.empty() && !client::CheckTopicName(options.group).ok()) {
    return InvalidArgument("--group: found ", Quoted(options.group),
                           "; allowed are 1 to 249 characters of [A-Za-z0-9._-]");
  }
  return CheckRange(options);
}

}  // namespace sluice::cli
