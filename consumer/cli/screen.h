// A text on a terminal that is drawn again in place.
#pragma once

#include <string>
#include <string_view>

#include "consumer/cli/output.h"

namespace sluice::cli {

// Takes the terminal's other screen, and gives it back at the end. Not thread-safe.
class Screen {
 public:
  // `output` is of a terminal, and outlives the screen.
  explicit Screen(Output* output);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // The text from the left upper corner on; what is longer or wider than the terminal is cut. False if nothing more can
  // be written.
  bool Draw(std::string_view text);

 private:
  Output* const output_;
};

}  // namespace sluice::cli
