#include "collector/subscribe/start.h"

#include <algorithm>

#include "base/status.h"
#include "collector/support/timestamp.h"

namespace sluice::collector {
namespace {

constexpr int64_t kClockSlackNanos = int64_t{5} * 60 * 1'000'000'000;

}  // namespace

absl::StatusOr<Position> ResolveStart(const v1::SubscribeRequest& request, EventLog* log) {
  switch (request.start().at_case()) {
    case v1::Start::kBeginning:
      return Position();
    case v1::Start::kEnd:
      return log->End();
    case v1::Start::kTime: {
      absl::StatusOr<int64_t> time = FromTimestamp(request.start().time());
      if (!time.ok()) return Annotate(time.status(), "start.time");
      return log->AtAppendTime(std::max(*time - kClockSlackNanos, int64_t{0}));
    }
    case v1::Start::kCursor: {
      absl::StatusOr<Position> position = log->ParseCursor(request.start().cursor());
      if (!position.ok()) return Annotate(position.status(), "start.cursor");
      return position;
    }
    case v1::Start::AT_NOT_SET:
      break;
  }
  return request.follow() ? log->End() : Position();
}

}  // namespace sluice::collector
