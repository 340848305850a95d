// Input: a byte that says which sketch, then its bytes. What can be read is written and read again the same, and can be
// used.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "consumer/monitor/sketch/distinct_count.h"
#include "consumer/monitor/sketch/heavy_hitters.h"
#include "consumer/monitor/sketch/quantiles.h"

namespace {

using namespace sluice::monitor::sketch;

template <typename Sketch, typename Use>
void Check(std::string_view bytes, const Use& use) {
  absl::StatusOr<Sketch> sketch = Sketch::Decode(bytes);
  if (!sketch.ok()) return;
  const std::string written = sketch->Encode();
  absl::StatusOr<Sketch> again = Sketch::Decode(written);
  if (!again.ok() || again->Encode() != written) std::abort();
  use(&*sketch);
  sketch->Merge(*again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      Check<HeavyHitters>(bytes, [](HeavyHitters* sketch) { sketch->Add("x"); });
      break;
    case 1:
      Check<DistinctCount>(bytes, [](DistinctCount* sketch) {
        sketch->Add(1);
        if (!(sketch->Estimate() >= 0)) std::abort();
      });
      break;
    default:
      Check<Quantiles>(bytes, [](Quantiles* sketch) {
        sketch->Add(1);
        if (!(sketch->Quantile(0.5) >= 0)) std::abort();
      });
  }
  return 0;
}
