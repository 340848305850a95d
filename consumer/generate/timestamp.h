// Times in lines.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace sluice::generate {

// Not thread-safe.
class Timestamp {
 public:
  // `format` is absl::FormatTime's, for the part down to the second.
  explicit Timestamp(const char* format) : format_(format) {}

  // The text of the second, in UTC.
  const std::string& Second(int64_t unix_nanos);
  // Appends the second and `digits` (3, 6 or 9) digits of its fraction.
  void AppendWithFraction(int64_t unix_nanos, int digits, std::string* out);

 private:
  const char* const format_;
  // Lines of one second come together: its text is made once.
  int64_t second_ = std::numeric_limits<int64_t>::min();
  std::string text_;
};

}  // namespace sluice::generate
