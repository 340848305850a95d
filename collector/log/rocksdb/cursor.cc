#include "collector/log/rocksdb/cursor.h"

#include <charconv>
#include <limits>

#include "absl/status/status.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector {
namespace {

constexpr std::string_view kVersion = "r1";
constexpr size_t kCursorBytesMax = 64;

// Takes what stands before the next '-' (or the end) off `rest`.
std::string_view TakePart(std::string_view* rest) {
  const size_t dash = rest->find('-');
  const std::string_view part = rest->substr(0, dash);
  rest->remove_prefix(dash == std::string_view::npos ? rest->size() : dash + 1);
  return part;
}

template <typename T>
bool ParseNumber(std::string_view text, T* value) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && at == end && !text.empty();
}

}  // namespace

std::string FormatCursorText(std::string_view log_id, Position position) {
  return StrCat(kVersion, "-", log_id, "-", position.sequence, "-", position.records);
}

absl::StatusOr<Position> ParseCursorText(std::string_view log_id, std::string_view cursor) {
  Position position;
  std::string_view rest = cursor.substr(0, kCursorBytesMax);
  const std::string_view version = TakePart(&rest);
  const std::string_view id = TakePart(&rest);
  const bool numbers = ParseNumber(TakePart(&rest), &position.sequence) && ParseNumber(rest, &position.records);
  if (cursor.size() > kCursorBytesMax || version != kVersion || id.size() != log_id.size() || !numbers) {
    return InvalidArgument("not a cursor of this collector: use one exactly as it was given");
  }
  if (id != log_id) {
    return FailedPrecondition("the cursor belongs to the log ", id, ", this one is ", log_id,
                              ": its data directory was replaced; start from the beginning or a time");
  }
  return position;
}

}  // namespace sluice::collector
