#include "collector/log/testing_batches.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/strings.h"

namespace sluice::collector::testing {

v1::LogBatch MakeBatch(const BatchSpec& spec) {
  v1::LogBatch batch;
  batch.set_topic(spec.topic);
  batch.set_agent(spec.agent);
  batch.set_host("host-of-" + spec.agent);
  batch.set_path(spec.path);
  batch.set_source("app");
  (*batch.mutable_labels())["service"] = "shop";
  batch.mutable_file()->set_device(2049);
  batch.mutable_file()->set_inode(spec.inode);
  batch.mutable_file()->set_birth_time_unix_nano(1'700'000'000'000'000'000);
  batch.mutable_file()->set_generation(spec.generation);
  batch.set_first_offset(spec.first_offset);
  batch.set_end_offset(spec.first_offset + uint64_t{spec.lines} * spec.line_bytes);
  batch.mutable_head()->set_length(16);
  batch.mutable_head()->set_xxh3(0x1234);
  batch.mutable_frontier()->set_length(16);
  batch.mutable_frontier()->set_xxh3(batch.end_offset());
  for (uint32_t i = 0; i < spec.lines; ++i) {
    const uint64_t offset = spec.first_offset + uint64_t{i} * spec.line_bytes;
    v1::LogRecord* record = batch.add_records();
    record->set_time_unix_nano(1'800'000'000'000'000'000 + offset);
    record->set_severity(offset % 2 == 0 ? v1::SEVERITY_INFO : v1::SEVERITY_WARN);
    record->set_offset(offset);
    std::string body = StrCat(spec.inode, ":", offset, " ");
    body.resize(spec.line_bytes - 1, 'x');
    record->set_body(std::move(body));
  }
  Summarise(&batch);
  return batch;
}

BatchSpec OneLine(std::string topic, uint64_t inode, uint64_t offset) {
  return {.topic = std::move(topic), .inode = inode, .first_offset = offset, .lines = 1, .line_bytes = 10};
}

void Summarise(v1::LogBatch* batch) {
  v1::BatchSummary* summary = batch->mutable_summary();
  summary->Clear();
  summary->set_count(static_cast<uint32_t>(batch->records_size()));
  for (int i = 0; i < batch->records_size(); ++i) {
    const v1::LogRecord& record = batch->records(i);
    summary->set_severities(summary->severities() | 1u << record.severity());
    const uint64_t time = record.time_unix_nano();
    summary->set_min_time_unix_nano(i == 0 ? time : std::min<uint64_t>(summary->min_time_unix_nano(), time));
    summary->set_max_time_unix_nano(i == 0 ? time : std::max<uint64_t>(summary->max_time_unix_nano(), time));
  }
}

PendingBatch Pend(const v1::LogBatch& batch) {
  PendingBatch pending;
  pending.bytes = SharedBytes::FromString(batch.SerializeAsString());
  absl::StatusOr<BatchView> view = BatchView::Parse(pending.bytes.view());
  if (!view.ok()) {
    std::fprintf(stderr, "no batch: %s\n", view.status().ToString().c_str());
    std::abort();
  }
  pending.view = *view;
  return pending;
}

v1::LogBatch Cut(v1::LogBatch batch, const std::string& topic, int begin, int end) {
  batch.set_topic(topic);
  batch.mutable_records()->DeleteSubrange(end, batch.records_size() - end);
  batch.mutable_records()->DeleteSubrange(0, begin);
  Summarise(&batch);
  return batch;
}

PendingBatch InParts(const v1::LogBatch& batch, const std::vector<v1::LogBatch>& parts) {
  PendingBatch pending = Pend(batch);
  pending.parts.emplace();
  for (const v1::LogBatch& part : parts) {
    PendingBatch made = Pend(part);
    pending.parts->push_back({std::move(made.bytes), made.view});
  }
  return pending;
}

}  // namespace sluice::collector::testing
