// The connection to the collector: made, kept, and made again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/link/collector_link.h"
#include "agent/metrics/agent_metrics.h"
#include "agent/ship/push_stream.h"
#include "agent/ship/tls_options.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/waker.h"

namespace sluice::agent {

// The collectors in the order in which an agent prefers them: by its id, so that agents spread evenly, and those of a
// collector that is away do, too.
std::vector<std::string> PreferredOrder(std::vector<std::string> addresses, std::string_view agent);

// As CollectorLink for the tailer's thread; Start and Stop by another one.
class Shipper final : public CollectorLink, private PushStreamListener {
 public:
  struct Options {
    // HOST:PORT of each collector. All serve the same log; each agent prefers one of them, so that agents spread.
    std::vector<std::string> addresses;
    TlsOptions tls;
    v1::Hello hello;
    absl::Duration backoff_initial = absl::Milliseconds(100);
    absl::Duration backoff_max = absl::Seconds(5);
    absl::Duration handshake_timeout = absl::Seconds(30);
    // How often an agent on another collector than it prefers looks whether that one is back.
    absl::Duration return_interval = absl::Seconds(30);
  };

  // `waker` is raised when there is something to Take and when Writable may have turned true.
  Shipper(Options options, Waker* waker, AgentMetrics* metrics);
  ~Shipper() override;

  // InvalidArgument or NotFound if the TLS files are not what they should be.
  absl::Status Start();
  // Ends the stream in order, or by force after `grace`. Idempotent.
  void Stop(absl::Duration grace);

  void Take(std::vector<LinkEvent>* events) override;
  bool Writable() const override;
  uint64_t Send(SharedBytes message) override;
  void SendStatus(const v1::AgentStatus& status) override;

 private:
  std::shared_ptr<PushStream> TakenStream() const;
  void OnWelcome(std::vector<v1::FileWatermark> watermarks) override;
  void OnAck(v1::Ack ack) override;
  void OnWritable() override;
  void OnEnded(const absl::Status& status) override;

  struct Collector {
    std::string address;
    std::shared_ptr<grpc::Channel> channel;
  };
  const Collector& current() const { return collectors_[current_]; }

  void Run();
  void RunStream();
  // While the stream lives. True if the preferred collector is to be gone back to.
  bool WaitForEnd();
  void LogEnd(const absl::Status& status, absl::Duration retry);

  const Options options_;
  Waker* const waker_;
  AgentMetrics* const metrics_;
  std::vector<Collector> collectors_;  // the preferred one first
  std::atomic<size_t> current_{0};
  size_t failures_ = 0;   // Run's: collectors that did not answer, one after the other
  Backoff backoff_;       // Run's
  absl::Status said_;     // Run's: what was logged last
  std::string ended_at_;  // Run's: the collector of the last stream
  std::thread thread_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<LinkEvent> events_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<PushStream> stream_ ABSL_GUARDED_BY(mutex_);
  bool welcomed_ ABSL_GUARDED_BY(mutex_) = false;
  bool taken_ ABSL_GUARDED_BY(mutex_) = false;  // the tailer knows of the welcome: what it sends belongs to stream_
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::agent
