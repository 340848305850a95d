// One stream of an agent, without gRPC: the handshake, the batches on their way into the log, the acks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/shared_bytes.h"
#include "collector/ingest/ack_queue.h"
#include "collector/ingest/agent_sessions.h"
#include "collector/ingest/file_holds.h"
#include "collector/ingest/ingest_budget.h"
#include "collector/ingest/pending_message.h"
#include "collector/ingest/push_envelope.h"
#include "collector/ingest/push_message.h"
#include "collector/ingest/refusals.h"
#include "collector/log/event_log.h"
#include "collector/route/router.h"
#include "collector/support/collector_metrics.h"
#include "collector/support/executor.h"

namespace sluice::collector {

struct IngestLimits {
  size_t message_bytes = 8 << 20;
  // Of one stream: it is not read while so much of it is not yet durable.
  size_t stream_pending_bytes = 32 << 20;
  // Of all streams together.
  size_t pending_bytes = 128 << 20;
  size_t streams = 10'000;
  size_t agents = 10'000;
  size_t held_files = 100'000;
  size_t status_bytes = 512 << 10;  // an agent's list of files alone may have 256 KiB
  size_t unsent_rejections = 10'000;
  size_t welcome_files = 1'000;
  absl::Duration hello_timeout = absl::Seconds(10);
};

// What all sessions share; nothing is owned.
struct IngestContext {
  EventLog* log = nullptr;
  const Router* router = nullptr;  // null: everything is stored as it comes
  DeadLetterOptions dead_letters = {};
  AgentSessions* sessions = nullptr;
  IngestBudget* budget = nullptr;
  Executor* executor = nullptr;
  CollectorMetrics* metrics = nullptr;
  const Clock* clock = nullptr;
  IngestLimits limits;
};

// How a session acts on its stream. The calls only start something and never call back; the session makes them under
// its lock, at most one Read and one Write at a time, and none after Finish.
class PushSink {
 public:
  virtual ~PushSink() = default;
  virtual void Read() = 0;
  virtual void Write(const v1::PushResponse& response) = 0;
  virtual void Finish(const absl::Status& status) = 0;
};

// Thread-safe. The stream's events come in by the On… functions, each at most once for what the sink was told to do.
class PushSession final : public AgentStream, public std::enable_shared_from_this<PushSession> {
 public:
  // `context` outlives it; `sink` lives until Finish was called.
  PushSession(const IngestContext* context, PushSink* sink, std::string peer);

  void Start();
  void OnMessage(SharedBytes message);
  // The agent sends nothing more.
  void OnReadEnd();
  void OnWritten(bool ok);
  void OnCancelled();
  // Takes nothing more, acknowledges what was taken once it is durable, then ends with Unavailable.
  void Stop();

  void TakenOver() override;

 private:
  enum class Phase { kHello, kClaiming, kStreaming };

  void HandleHello(const PushEnvelope& envelope);
  void OnGranted();
  void SendWelcome();
  // Whether to look again, later, since what others sent may still arrive.
  bool AwaitOthers(const std::vector<v1::FileWatermark>& files);
  absl::Status HandleStatus(const PushEnvelope& envelope, const std::string& agent);
  absl::Status CheckSequence(const PushEnvelope& envelope) ABSL_LOCKS_EXCLUDED(mutex_);
  void HandleBatches(const PushEnvelope& envelope, const SharedBytes& bytes, const std::string& agent);
  // `batches` with those cut up of which the log has refused something before.
  absl::StatusOr<std::vector<IngestBatch>> Prepare(std::vector<IngestBatch> batches) ABSL_LOCKS_EXCLUDED(mutex_);
  // What may go to the log of `batches`; what may not is noted as rejected in `message`.
  std::vector<PendingBatch> Admit(std::vector<IngestBatch> batches, PendingMessage* message)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnAppended(const std::shared_ptr<PendingMessage>& message, const std::vector<AppendResult>& results);
  // False if the stream is finished because of them.
  bool NoteResults(const std::vector<AppendResult>& results, PendingMessage* message)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void ScheduleWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Resume();
  void Fail(const absl::Status& status);
  void Finish(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishOverflowed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drain(const absl::Status& status);
  // Tells AgentSessions what has changed. Without the lock, since another session may be called from there.
  void Settle() ABSL_LOCKS_EXCLUDED(mutex_);

  const IngestContext* const context_;
  const std::string peer_;

  Mutex mutex_;
  PushSink* const sink_ ABSL_PT_GUARDED_BY(mutex_);
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kHello;
  std::string agent_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // Set: nothing more is read, and the stream ends with this once everything is acknowledged.
  std::optional<absl::Status> draining_ ABSL_GUARDED_BY(mutex_);
  Executor::TimerId hello_timer_ ABSL_GUARDED_BY(mutex_) = 0;
  // What AgentSessions knows of this session.
  bool claimed_ ABSL_GUARDED_BY(mutex_) = false;
  bool disconnected_ ABSL_GUARDED_BY(mutex_) = false;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;

  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool waiting_for_budget_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool write_scheduled_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<v1::PushResponse> welcomes_ ABSL_GUARDED_BY(mutex_);
  int looks_ ABSL_GUARDED_BY(mutex_) = 0;  // at the watermarks
  std::string last_look_ ABSL_GUARDED_BY(mutex_);
  AckQueue acks_ ABSL_GUARDED_BY(mutex_);
  FileHolds holds_ ABSL_GUARDED_BY(mutex_);
  Refusals refusals_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t appends_ ABSL_GUARDED_BY(mutex_) = 0;  // calls of the log's Append that are not done
  size_t pending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::collector
