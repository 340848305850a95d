// Whatever comes in: no crash, and what the validator passes the generated classes read alike.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "collector/log/batch_trim.h"
#include "collector/log/batch_view.h"
#include "sluice/v1/log.pb.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace collector = sluice::collector;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<collector::BatchView> view = collector::BatchView::Parse(bytes);
  if (!view.ok() || !collector::ValidateBatch(*view).ok()) return 0;

  sluice::v1::LogBatch batch;
  Require(batch.ParseFromArray(data, static_cast<int>(size)));
  Require(batch.topic() == view->topic && batch.agent() == view->agent && batch.path() == view->path);
  Require(batch.first_offset() == view->first_offset && batch.end_offset() == view->end_offset);
  Require(static_cast<uint32_t>(batch.records_size()) == view->count && view->count > 0);
  for (const sluice::v1::LogRecord& record : batch.records()) {
    Require((view->severities >> record.severity() & 1) != 0);
    Require(record.offset() >= view->first_offset && record.offset() < view->end_offset);
  }

  const std::string trimmed = collector::TrimBatch(*view, batch.records(0).offset() + 1);
  Require(trimmed.empty() == (batch.records_size() == 1));
  if (!trimmed.empty()) {
    const absl::StatusOr<collector::BatchView> rest = collector::BatchView::Parse(trimmed);
    Require(rest.ok() && collector::ValidateBatch(*rest).ok() && rest->count == view->count - 1);
  }
  return 0;
}
