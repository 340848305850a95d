// The connection to the collector: made, kept, and made again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
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

// As CollectorLink for the tailer's thread; Start and Stop by another one.
class Shipper final : public CollectorLink, private PushStreamListener {
 public:
  struct Options {
    std::string address;  // HOST:PORT of the collector
    TlsOptions tls;
    v1::Hello hello;
    absl::Duration backoff_initial = absl::Milliseconds(100);
    absl::Duration backoff_max = absl::Seconds(5);
    absl::Duration handshake_timeout = absl::Seconds(30);
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

  void Run();
  void RunStream();
  void LogEnd(const absl::Status& status, absl::Duration retry);

  const Options options_;
  Waker* const waker_;
  AgentMetrics* const metrics_;
  std::shared_ptr<grpc::Channel> channel_;
  Backoff backoff_;    // Run's
  absl::Status said_;  // Run's: what was logged last
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
