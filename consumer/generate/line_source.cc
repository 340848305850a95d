#include "consumer/generate/line_source.h"

#include "consumer/generate/sources.h"

namespace sluice::generate {

std::unique_ptr<LineSource> NewLineSource(Kind kind, uint64_t seed, bool latency) {
  switch (kind) {
    case Kind::kJson:
      return NewJsonLines(seed);
    case Kind::kAccess:
      return NewAccessLines(seed, latency);
    case Kind::kApp:
      break;
  }
  return NewAppLines(seed);
}

}  // namespace sluice::generate
