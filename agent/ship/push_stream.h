// One connection's Push stream: handshake, messages out, answers in.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "base/shared_bytes.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/client_callback.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::agent {

// Told what happens on a stream, on gRPC's threads: only hand over. OnEnded is the last call.
class PushStreamListener {
 public:
  virtual ~PushStreamListener() = default;
  virtual void OnWelcome(std::vector<v1::FileWatermark> watermarks) = 0;
  virtual void OnAck(v1::Ack ack) = 0;
  virtual void OnWritable() = 0;
  virtual void OnEnded(const absl::Status& status) = 0;
};

// Thread-safe. Lives until OnEnded was called, at least.
class PushStream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Messages that may wait behind the one that is being written.
  static constexpr size_t kQueueMax = 1;

  // Starts. `listener` outlives the stream.
  PushStream(std::shared_ptr<grpc::Channel> channel, const v1::Hello& hello, PushStreamListener* listener);

  // Counts messages from 1. Dropped if the stream has ended.
  uint64_t Send(SharedBytes message);
  void SendStatus(const v1::AgentStatus& status);
  bool Writable() const;
  // Says that nothing more comes; the collector then ends the stream.
  void Finish();
  // Ends it at once.
  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  void Enqueue(grpc::ByteBuffer message);
  void WriteNext();
  absl::Status Receive();

  PushStreamListener* const listener_;
  grpc::ClientContext context_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;               // being written; used by who set writing_
  std::vector<v1::FileWatermark> welcome_;  // so far; used by reads only
  absl::Status malformed_;                  // used by reads, and by OnDone behind them

  mutable Mutex mutex_;
  std::deque<grpc::ByteBuffer> queue_ ABSL_GUARDED_BY(mutex_);
  std::optional<v1::AgentStatus> status_ ABSL_GUARDED_BY(mutex_);
  uint64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;  // no operation may be started any more
};

}  // namespace sluice::agent
