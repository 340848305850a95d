#include "agent/parse/access.h"

#include <cstddef>

namespace sluice::agent {
namespace {

// What stands before the time is the client's address, its identity and the user name, which may be anything.
constexpr size_t kBeforeTimeMax = 512;
constexpr int kBracketsMax = 4;

}  // namespace

bool ParseAccess(std::string_view line, TimeReader* times, ParsedLine* out) {
  constexpr std::string_view kTime = "[20/Nov/2026:09:15:39 +0000]";
  const std::string_view head = line.substr(0, kBeforeTimeMax);
  size_t bracket = head.find('[');
  for (int i = 0; i < kBracketsMax && bracket != head.npos; ++i, bracket = head.find('[', bracket + 1)) {
    const std::string_view rest = line.substr(bracket);
    if (rest.size() < kTime.size() || rest[3] != '/' || rest[7] != '/' || rest[12] != ':') continue;
    uint64_t time;
    const size_t size = times->ReadDayFirst(rest.substr(1), &time);
    if (size == 0 || size + 1 >= rest.size() || rest[size + 1] != ']') continue;
    out->time_unix_nano = time;
    return true;
  }
  return false;
}

}  // namespace sluice::agent
