// What a line of an access log costs in the monitor's statistics. "per_line" is CPU time a line, looking at the record
// included; "/million_clients" has as many different clients and sections.
//
//   bazel run //bench:micro_access
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "benchmark/benchmark.h"
#include "consumer/client/client.h"
#include "consumer/generate/line_source.h"
#include "consumer/monitor/access/access_stage.h"
#include "prometheus/registry.h"

namespace sluice::monitor {
namespace {

constexpr int kLines = 4000;
constexpr int64_t kBegin = 1'795'166'130;

class Nowhere final : public Findings {
 public:
  void Publish(std::string_view, std::string_view, v1::LogRecord record) override {
    benchmark::DoNotOptimize(record.body().size());
  }
  void Raise(const Alert&) override {}
};

// A serialised batch of lines, of a second each thousand.
std::string MakeBatch(const std::vector<std::string>& lines, int64_t second) {
  v1::LogBatch batch;
  batch.set_topic("web");
  batch.set_path("/var/log/access.log");
  uint64_t offset = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    v1::LogRecord* record = batch.add_records();
    record->set_time_unix_nano(static_cast<uint64_t>(second) * 1'000'000'000 + i * 1'000'000);
    record->set_severity(v1::SEVERITY_INFO);
    record->set_body(lines[i]);
    record->set_offset(offset);
    offset += lines[i].size() + 1;
  }
  batch.mutable_summary()->set_count(static_cast<uint32_t>(lines.size()));
  batch.set_end_offset(offset);
  return batch.SerializeAsString();
}

std::vector<std::string> Generated(bool latency) {
  auto source = generate::NewLineSource(generate::Kind::kAccess, 1, latency);
  std::vector<std::string> lines;
  for (int i = 0; i < kLines; ++i) {
    std::vector<std::string> buffer(1);
    source->Next(kBegin * 1'000'000'000, &buffer);
    buffer[0].pop_back();
    lines.push_back(buffer[0]);
  }
  return lines;
}

std::vector<std::string> Different(int first) {
  std::vector<std::string> lines;
  for (int i = first; i < first + kLines; ++i) {
    lines.push_back(absl::StrCat("10.", i >> 16, ".", i >> 8 & 255, ".", i & 255, " - - [20/Nov/2026:09:15:39 +0000] ",
                                 "\"GET /section-", i, "/x HTTP/1.1\" 200 5123 \"-\" \"curl/8.9.1\" 0.031"));
  }
  return lines;
}

void Observe(benchmark::State& state, const std::vector<std::string>& batches) {
  prometheus::Registry registry;
  std::unique_ptr<AccessStage> stage = *AccessStage::Create({}, &registry);
  Nowhere findings;
  std::vector<client::RecordView> records;
  int64_t lines = 0;
  for (size_t i = 0; state.KeepRunning(); ++i) {
    const client::Batch batch = *client::Batch::Parse(batches[i % batches.size()]);
    records.assign(batch.records().begin(), batch.records().end());
    stage->Observe({.batch = batch, .records = records, .newest = absl::InfiniteFuture()}, &findings);
    lines += static_cast<int64_t>(records.size());
  }
  state.SetItemsProcessed(lines);
  state.counters["per_line"] =
      benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void Combined(benchmark::State& state) { Observe(state, {MakeBatch(Generated(false), kBegin)}); }
void CombinedWithLatency(benchmark::State& state) { Observe(state, {MakeBatch(Generated(true), kBegin)}); }
void MillionClients(benchmark::State& state) {
  std::vector<std::string> batches;
  for (int i = 0; i < 1'000'000 / kLines; ++i) batches.push_back(MakeBatch(Different(i * kLines), kBegin));
  Observe(state, batches);
}

BENCHMARK(Combined);
BENCHMARK(CombinedWithLatency);
BENCHMARK(MillionClients);

}  // namespace
}  // namespace sluice::monitor

BENCHMARK_MAIN();
