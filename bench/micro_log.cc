// The event log by itself: how much a record costs to check, to append and to read, and how much memory the log takes.
//
//   bazel build -c opt //bench:micro_log && bazel-bin/bench/micro_log [--dir DIR] [--records N] [--batch-bytes N]
//
// Appends 2,000,000 records of 229 bytes in batches of 1 MiB, 16 MiB under way, synced; reads them back from disk; then
// has 1,000 readers follow the head.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "bench/phase.h"
#include "collector/log/batch_view.h"
#include "collector/log/rocksdb/rocksdb_log.h"
#include "collector/log/testing_batches.h"

namespace sluice::collector {
namespace {

struct Settings {
  std::string dir = "/tmp/sluice-micro-log";
  uint64_t records = 2'000'000;
  uint64_t batch_bytes = uint64_t{1} << 20;
  uint64_t in_flight_bytes = uint64_t{16} << 20;
  uint32_t topics = 1;
  int readers = 1000;
};

constexpr uint32_t kLineBytes = 229;

// A few batches that are sent again and again as further parts of their files: only their views change, as the log
// trusts ingest.
class Batches {
 public:
  explicit Batches(const Settings& settings) : settings_(settings) {
    const auto lines = static_cast<uint32_t>(std::max<uint64_t>(1, settings.batch_bytes / (kLineBytes + 30)));
    // Enough that they do not stay in the processor's caches.
    const size_t distinct = std::clamp<size_t>((size_t{64} << 20) / settings.batch_bytes, 1, 1'000);
    for (size_t i = 0; i < distinct; ++i) {
      batches_.push_back(testing::Pend(
          {.topic = StrCat("topic-", i % settings.topics), .inode = i, .lines = lines, .line_bytes = kLineBytes}));
    }
  }

  uint32_t lines() const { return batches_.front().view.count; }
  const PendingBatch& first() const { return batches_.front(); }
  PendingBatch Next() {
    PendingBatch batch = batches_[next_ % batches_.size()];
    const uint64_t size = batch.view.end_offset - batch.view.first_offset;
    batch.view.first_offset = size * (next_ / batches_.size());
    batch.view.end_offset = batch.view.first_offset + size;
    ++next_;
    return batch;
  }

 private:
  const Settings settings_;
  std::vector<PendingBatch> batches_;
  size_t next_ = 0;
};

void MeasureValidation(const Batches& batches) {
  const Phase phase;
  uint64_t records = 0;
  while (records < 2'000'000) {
    const absl::StatusOr<BatchView> view = BatchView::Parse(batches.first().view.bytes);
    Require(view.status());
    Require(ValidateBatch(*view));
    records += view->count;
  }
  phase.Print("validate", records);
}

void MeasureAppend(const Settings& settings, EventLog& log, Batches* batches) {
  Mutex mutex;
  CondVar changed;
  uint64_t under_way = 0;
  std::vector<double> latencies;
  const Phase phase;
  uint64_t records = 0;
  while (records < settings.records) {
    PendingBatch batch = batches->Next();
    const uint64_t size = batch.bytes.size();
    records += batch.view.count;
    {
      MutexLock lock(&mutex);
      while (under_way > 0 && under_way + size > settings.in_flight_bytes) changed.Wait(&mutex);
      under_way += size;
    }
    const int64_t begin = SystemClock()->MonotonicNanos();
    std::vector<PendingBatch> call;
    call.push_back(std::move(batch));
    log.Append(std::move(call), [&, size, begin](std::vector<AppendResult> results) {
      Require(results.front().rejection);
      MutexLock lock(&mutex);
      under_way -= size;
      latencies.push_back(static_cast<double>(SystemClock()->MonotonicNanos() - begin) * 1e-6);
      changed.Signal();
    });
  }
  MutexLock lock(&mutex);
  while (under_way > 0) changed.Wait(&mutex);
  phase.Print("append, synced", records);
  std::sort(latencies.begin(), latencies.end());
  std::printf("%-34s p50 %.3f ms  p99 %.3f ms  max %.3f ms\n", "  append to done", latencies[latencies.size() / 2],
              latencies[latencies.size() * 99 / 100], latencies.back());
}

uint64_t ReadToEnd(LogReader& reader) {
  uint64_t records = 0;
  std::vector<StoredBatch> batches;
  do {
    batches.clear();
    Omission omission;
    Require(reader.Read(1 << 20, &batches, &omission));
    for (const StoredBatch& batch : batches) records += batch.view.count;
  } while (!batches.empty());
  return records;
}

void MeasureReaders(const Settings& settings, RocksDbLog& log, Batches* batches) {
  std::vector<std::unique_ptr<LogReader>> readers;
  for (int i = 0; i < settings.readers; ++i) {
    readers.push_back(log.NewReader(log.End(), [](std::string_view) { return true; }));
  }
  const uint64_t disk_reads = log.disk_reads();
  Settings some = settings;
  some.records = std::min<uint64_t>(settings.records, (uint64_t{8} << 20) / kLineBytes);
  MeasureAppend(some, log, batches);
  const Phase phase;
  uint64_t records = 0;
  for (const std::unique_ptr<LogReader>& reader : readers) records += ReadToEnd(*reader);
  phase.Print(StrCat(settings.readers, " readers at the head").c_str(), records);
  std::printf("%-34s %lu\n", "  of these from disk", log.disk_reads() - disk_reads);
}

int Run(const Settings& settings) {
  std::filesystem::remove_all(settings.dir);
  Batches batches(settings);
  std::printf("batches of %zu bytes, %u records; the benchmark's own: peak rss %ld MiB\n", batches.first().bytes.size(),
              batches.lines(), PeakRssMiB());
  MeasureValidation(batches);

  RocksDbOptions options;
  options.data_dir = settings.dir;
  absl::StatusOr<std::unique_ptr<RocksDbLog>> log = RocksDbLog::Open(options, SystemClock());
  Require(log.status());
  MeasureAppend(settings, **log, &batches);
  {
    const Phase phase;
    log->reset();
    phase.Print("stop", settings.records);
  }
  {
    const Phase phase;
    log = RocksDbLog::Open(options, SystemClock());
    Require(log.status());
    phase.Print("open", settings.records);
  }
  {
    const auto reader = (*log)->NewReader(Position(), [](std::string_view) { return true; });
    const Phase phase;
    phase.Print("read back from disk", ReadToEnd(*reader));
  }
  MeasureReaders(settings, **log, &batches);
  log->reset();
  std::filesystem::remove_all(settings.dir);
  return 0;
}

}  // namespace
}  // namespace sluice::collector

int main(int argc, char** argv) {
  sluice::collector::Settings settings;
  CLI::App app("The event log by itself");
  app.add_option("--dir", settings.dir, "data directory; emptied");
  app.add_option("--records", settings.records, "records of 229 bytes to append");
  app.add_option("--batch-bytes", settings.batch_bytes, "bytes of a batch");
  app.add_option("--in-flight-bytes", settings.in_flight_bytes, "bytes under way at once");
  app.add_option("--topics", settings.topics, "topics to spread them over");
  app.add_option("--readers", settings.readers, "readers at the head");
  CLI11_PARSE(app, argc, argv);
  return sluice::collector::Run(settings);
}
