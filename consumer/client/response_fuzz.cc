// Whatever a collector sends: no crash, and what is taken can be read to its end.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "consumer/client/response.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::client;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  absl::StatusOr<Response> response = Response::Parse(bytes, size % 2 == 0 ? 0 : 1'700'000'000'500'000'000);
  if (!response.ok()) return 0;
  size_t records = 0;
  size_t touched = 0;
  for (const StringMapView::Entry& entry : response->batch.labels()) touched += entry.key.size() + entry.value.size();
  for (const RecordView& record : response->batch.records()) {
    ++records;
    for (const StringMapView::Entry& entry : record.attributes()) touched += entry.key.size() + entry.value.size();
    touched += record.line().size() + record.severity_text().size();
  }
  if (records != response->batch.records().size() || touched > size) std::abort();
  if (response->batch.ToProto().records_size() != static_cast<int>(records)) std::abort();
  return 0;
}
