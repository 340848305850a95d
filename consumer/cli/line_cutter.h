// Cuts what comes into records: a line each, or the parts of a line that is too long for one.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "sluice/v1/log.pb.h"

namespace sluice::cli {

// The same bytes give the same records, in whatever pieces they come. Memory: a part.
class LineCutter {
 public:
  // False: no more.
  using Take = std::function<bool(std::string_view line, v1::LinePart part)>;

  explicit LineCutter(size_t part_bytes_max) : part_bytes_max_(part_bytes_max) {}

  // False if `take` was.
  bool Feed(std::string_view bytes, const Take& take);
  // There is nothing more: what has no newline is a line, too.
  bool End(const Take& take);

 private:
  bool Cut(const Take& take, bool newline);

  const size_t part_bytes_max_;
  std::string rest_;    // of the line that has not ended
  bool split_ = false;  // a part of it is taken already
};

}  // namespace sluice::cli
