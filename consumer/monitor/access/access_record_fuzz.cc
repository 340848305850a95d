// Whatever a line holds: no crash, what is found is possible, and a section is a section.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "consumer/monitor/access/access_record.h"
#include "consumer/monitor/access/section.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  v1::LogRecord record;
  record.set_body(ReplaceInvalidUtf8(std::string_view(reinterpret_cast<const char*>(data), size)));
  const std::string bytes = record.SerializeAsString();
  client::RecordView view;
  if (!client::RecordView::ParseChecked(bytes, &view)) std::abort();
  static monitor::AccessReader* const reader = new monitor::AccessReader({});
  monitor::AccessHit hit;
  if (reader->Read(view, &hit) != monitor::AccessResult::kHit) return 0;
  if (hit.status != 0 && (hit.status < 100 || hit.status > 599)) std::abort();
  if (!std::isfinite(hit.latency_seconds)) std::abort();
  std::string scratch;
  const std::string_view section = monitor::SectionOf(hit.target, &scratch);
  if (section.empty() || section.size() > monitor::kSectionBytesMax || !IsValidUtf8(section)) std::abort();
  if (section[0] != '/' && section != "*" && section != monitor::kNoSection) std::abort();
  return 0;
}
