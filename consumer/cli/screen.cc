#include "consumer/cli/screen.h"

#include <cstddef>

namespace sluice::cli {
namespace {

// The other screen, no cursor, no wrapped lines; and back.
constexpr std::string_view kBegin = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kEnd = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearToEndOfLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

}  // namespace

Screen::Screen(Output* output) : output_(output) {
  *output_->buffer() += kBegin;
  output_->Flush();
}

Screen::~Screen() {
  *output_->buffer() += kEnd;
  output_->Flush();
}

bool Screen::Draw(std::string_view text) {
  const size_t height = TerminalSize(stdout).height;
  std::string* const out = output_->buffer();
  *out += kHome;
  for (size_t line = 0; line < height && !text.empty(); ++line) {
    const size_t end = text.find('\n');
    // A newline behind the last line would move all up.
    if (line > 0) *out += "\r\n";
    out->append(text.substr(0, end)).append(kClearToEndOfLine);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  *out += kClearBelow;
  return output_->Flush();
}

}  // namespace sluice::cli
