// A PushSession whose agent is the test.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "collector/ingest/push_session.h"
#include "collector/log/testing_batches.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::collector::testing {

// The agent's side; its calls wait for what the session has to do first. Thread-safe.
class PushStream final : public PushSink {
 public:
  explicit PushStream(const IngestContext* context, std::string peer = "ipv4:10.0.0.1:5000");
  ~PushStream() override;

  // Waits until the session reads.
  void Send(const v1::PushRequest& request);
  void SendBytes(std::string bytes);
  void SendHello(const std::string& agent = "web-1", const std::string& instance = "i-1");
  void SendBatches(uint64_t sequence, const std::vector<v1::LogBatch>& batches);
  // Half-closes.
  void SendEnd();
  // The connection breaks.
  void Break() { session_->OnCancelled(); }

  // The next response, which is thereby written.
  v1::PushResponse Receive();
  // Welcomes up to the complete one; their files.
  std::vector<v1::FileWatermark> ReceiveWelcome();
  // The status that the stream ended with; responses before it are dropped.
  absl::Status AwaitEnd();

  // The session waits for a message.
  bool reading();
  bool ended();
  PushSession& session() { return *session_; }

 private:
  void Read() override;
  void Write(const v1::PushResponse& response) override;
  void Finish(const absl::Status& status) override;

  Mutex mutex_;
  CondVar changed_;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<v1::PushResponse> writing_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  const std::shared_ptr<PushSession> session_;
};

}  // namespace sluice::collector::testing
