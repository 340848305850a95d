// Many subscribers of one topic in one process. Prints "ready" when all of them have caught up (with --live) and one
// JSON object when each has its records.
//
//   subscribers --topic app --subscribers 1000 --records 10000 --live
#include <sys/resource.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/synchronization/blocking_counter.h"
#include "base/clock.h"
#include "consumer/client/client.h"

namespace sluice {
namespace {

struct Flags {
  std::string collector = "127.0.0.1:7070";
  std::string topic;
  int subscribers = 1;
  int connections = 1;
  uint64_t records = 0;
  bool live = false;
  int timeout_seconds = 120;
};

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Subscribers {
 public:
  explicit Subscribers(const Flags& flags) : flags_(flags), caught_up_(flags.subscribers) {}

  absl::Status Start() {
    for (int n = 0; n < flags_.connections; ++n) {
      auto client = client::Client::Create({.address = flags_.collector});
      if (!client.ok()) return client.status();
      clients_.push_back(*std::move(client));
    }
    for (int n = 0; n < flags_.subscribers; ++n) listeners_.push_back(Listen(*clients_[n % clients_.size()]));
    if (flags_.live) {
      caught_up_.Wait();
      std::printf("ready\n");
      std::fflush(stdout);
    }
    return absl::OkStatus();
  }

  // Until each of them has its records.
  absl::Status Wait() {
    for (auto& listener : listeners_) {
      if (absl::Status status = listener->Wait(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  uint64_t records() const { return records_; }
  uint64_t bytes() const { return bytes_; }
  // Of the first record.
  int64_t first_nanos() const { return first_nanos_; }

 private:
  std::unique_ptr<client::Listener> Listen(client::Client& client) {
    client::SubscribeOptions options = {.topics = {flags_.topic},
                                        .start = client::Start::Beginning(),
                                        .follow = flags_.live,
                                        .limit = flags_.live ? 0 : flags_.records,
                                        .deadline = absl::Now() + absl::Seconds(flags_.timeout_seconds)};
    if (flags_.live) options.start = client::Start::End();
    return client.Listen(options, [this, seen = uint64_t{0}, caught_up = false](const client::Event& event) mutable {
      if (event.progress() != nullptr && !caught_up) {
        caught_up = true;
        if (flags_.live) caught_up_.DecrementCount();
      }
      if (const client::Batch* batch = event.batch()) {
        seen += Count(*batch);
        if (flags_.live && seen >= flags_.records) return false;
      }
      return true;
    });
  }

  uint64_t Count(const client::Batch& batch) {
    int64_t none = 0;
    first_nanos_.compare_exchange_strong(none, SystemClock()->MonotonicNanos());
    uint64_t bytes = 0;
    for (const client::RecordView& record : batch.records()) bytes += record.line().size() + 1;
    records_ += batch.records().size();
    bytes_ += bytes;
    return batch.records().size();
  }

  const Flags flags_;
  absl::BlockingCounter caught_up_;
  std::vector<std::unique_ptr<client::Client>> clients_;
  std::atomic<uint64_t> records_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
  std::atomic<int64_t> first_nanos_ = 0;
  std::vector<std::unique_ptr<client::Listener>> listeners_;  // last: their handlers use the rest
};

int Run(const Flags& flags) {
  Subscribers subscribers(flags);
  const int64_t begin = SystemClock()->MonotonicNanos();
  absl::Status status = subscribers.Start();
  if (status.ok()) status = subscribers.Wait();
  const int64_t from = flags.live ? subscribers.first_nanos() : begin;
  const double seconds = static_cast<double>(SystemClock()->MonotonicNanos() - from) / 1e9;
  std::printf(R"({"subscribers":%d,"records":%llu,"bytes":%llu,"seconds":%.4f,"cpu_seconds":%.3f})"
              "\n",
              flags.subscribers, static_cast<unsigned long long>(subscribers.records()),
              static_cast<unsigned long long>(subscribers.bytes()), seconds, CpuSeconds());
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  sluice::Flags flags;
  CLI::App app("Many subscribers of one topic");
  app.add_option("--collector", flags.collector);
  app.add_option("--topic", flags.topic)->required();
  app.add_option("--subscribers", flags.subscribers);
  app.add_option("--connections", flags.connections);
  app.add_option("--records", flags.records, "That each of them takes")->required();
  app.add_flag("--live", flags.live, "Only what comes, after all have caught up");
  app.add_option("--timeout", flags.timeout_seconds, "Seconds");
  CLI11_PARSE(app, argc, argv);
  return sluice::Run(flags);
}
