// The Kafka engine by itself: how much a record costs to produce and to read back, without agents and gRPC.
//
//   ./dev kafka start && bazel run //bench:micro_kafka -- [--brokers HOST:PORT] [--records N] [--headers identity]
//
// Produces records of 229 bytes in batches of about 1 MiB of many files, 16 batches under way, to topics of its own,
// and reads them back from the beginning. CPU is this process's: librdkafka and the engine, not the broker.
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "bench/phase.h"
#include "collector/log/kafka/kafka_log.h"
#include "collector/log/testing_batches.h"
#include "prometheus/registry.h"

namespace sluice::collector {
namespace {

struct Settings {
  std::string brokers = "127.0.0.1:9092";
  uint64_t records = 1'000'000;
  std::string headers = "all";
};

constexpr uint32_t kLineBytes = 229;
constexpr uint32_t kLines = 4'000;  // of a batch
constexpr size_t kFiles = 12;
constexpr size_t kUnderWay = 16;

uint64_t Produce(const Settings& settings, KafkaLog& log) {
  std::vector<PendingBatch> batches;
  for (size_t i = 0; i < kFiles; ++i) {
    batches.push_back(testing::Pend({.inode = i + 1, .lines = kLines, .line_bytes = kLineBytes}));
  }
  Mutex mutex;
  CondVar changed;
  size_t under_way = 0;
  uint64_t records = 0;
  const Phase phase;
  for (uint32_t round = 0; records < settings.records; ++round) {
    for (PendingBatch batch : batches) {
      // The same bytes as another file, every time.
      batch.view.file.generation = round;
      records += batch.view.count;
      {
        MutexLock lock(&mutex);
        while (under_way >= kUnderWay) changed.Wait(&mutex);
        ++under_way;
      }
      std::vector<PendingBatch> call;
      call.push_back(std::move(batch));
      log.Append(std::move(call), [&](const std::vector<AppendResult>& results) {
        Require(results.front().rejection);
        MutexLock lock(&mutex);
        --under_way;
        changed.Signal();
      });
    }
  }
  {
    MutexLock lock(&mutex);
    while (under_way > 0) changed.Wait(&mutex);
  }
  phase.Print("produce, acknowledged", records);
  return records;
}

void ReadBack(KafkaLog& log, uint64_t records) {
  const auto reader = log.NewReader(Position(), [](std::string_view) { return true; });
  const Phase phase;
  std::vector<StoredBatch> batches;
  for (uint64_t read = 0; read < records;) {
    batches.clear();
    Omission omission;
    Require(reader->Read(1 << 20, &batches, &omission));
    for (const StoredBatch& batch : batches) read += batch.view.count;
  }
  phase.Print("read back", records);
}

int Run(const Settings& settings) {
  KafkaOptions options;
  options.brokers = {settings.brokers};
  options.topic_prefix = StrCat("micro-", SystemClock()->UnixNanos(), "-");
  options.headers = settings.headers == "identity" ? KafkaHeaders::kIdentity : KafkaHeaders::kAll;
  prometheus::Registry registry;
  const absl::StatusOr<std::unique_ptr<KafkaLog>> log = KafkaLog::Open(options, &registry);
  Require(log.status());
  ReadBack(**log, Produce(settings, **log));
  return 0;
}

}  // namespace
}  // namespace sluice::collector

int main(int argc, char** argv) {
  sluice::collector::Settings settings;
  CLI::App app("The Kafka engine by itself");
  app.add_option("--brokers", settings.brokers, "of the cluster; topics with a prefix of their own are made there");
  app.add_option("--records", settings.records, "records of 229 bytes to produce");
  app.add_option("--headers", settings.headers, "all, or identity")->check(CLI::IsMember({"all", "identity"}));
  CLI11_PARSE(app, argc, argv);
  return sluice::collector::Run(settings);
}
