#include "base/access_line.h"

namespace sluice {

size_t AccessTimeSize(std::string_view text) {
  // '0' stands for a digit, 'a' for a letter, '+' for a sign.
  constexpr std::string_view kShape = "00/aaa/0000:00:00:00 +0000";
  if (text.size() < kShape.size()) return 0;
  for (size_t i = 0; i < kShape.size(); ++i) {
    const char c = text[i];
    switch (kShape[i]) {
      case '0':
        if (c < '0' || c > '9') return 0;
        break;
      case 'a':
        if ((c | 0x20) < 'a' || (c | 0x20) > 'z') return 0;
        break;
      case '+':
        if (c != '+' && c != '-') return 0;
        break;
      default:
        if (c != kShape[i]) return 0;
    }
  }
  return kShape.size();
}

}  // namespace sluice
