// A collector for the shipper's tests: a real gRPC server, and the test says its every word.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "sluice/v1/ingest_service.grpc.pb.h"

namespace sluice::agent {

// How long tests wait for what should come at once.
inline constexpr absl::Duration kPatience = absl::Seconds(60);

// The collector's end of a Push stream. Reads only when told to, so that a test can hold the agent's writes up. Used by
// the test's thread, gRPC's call the reactions.
class AgentStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit AgentStream(grpc::CallbackServerContext* context) : context_(context) {}

  // The bytes of the agent's next message; nullopt when no more come, or none came in time.
  std::optional<std::string> ReadBytes();
  std::optional<v1::PushRequest> Read();

  // False if the stream is broken.
  bool WriteBytes(const std::string& bytes);
  bool Write(const v1::PushResponse& response) { return WriteBytes(response.SerializeAsString()); }
  bool Welcome(const std::vector<v1::FileWatermark>& files, bool complete = true);
  bool Ack(uint64_t sequence);

  // If the agent ended it by force or vanished.
  bool cancelled() const { return context_->IsCancelled(); }
  // Once; nothing else may follow.
  void End(const grpc::Status& status);
  // Ends it if that has not happened, and waits until gRPC is done with it.
  void Close();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  enum class Progress { kNone, kDone, kFailed };
  bool WaitFor(const Progress* progress) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  bool ended_ = false;

  Mutex mutex_;
  CondVar changed_;
  Progress read_ ABSL_GUARDED_BY(mutex_) = Progress::kNone;
  Progress write_ ABSL_GUARDED_BY(mutex_) = Progress::kNone;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

class ScriptedCollector {
 public:
  // On 127.0.0.1; port 0: any.
  explicit ScriptedCollector(int port = 0,
                             std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials());
  // Ends what the test has not ended.
  ~ScriptedCollector();

  std::string address() const;
  // The next stream that an agent opened; null, and a failure of the test, if none came in time. The collector's.
  AgentStream* Accept();

 private:
  class Service;

  AgentStream* Open(grpc::CallbackServerContext* context);
  void CloseStreams();

  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;

  Mutex mutex_;
  CondVar changed_;
  std::vector<std::unique_ptr<AgentStream>> streams_ ABSL_GUARDED_BY(mutex_);
  std::deque<AgentStream*> waiting_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
};

// A port that refuses connections until a ScriptedCollector listens on it, and that nobody else is given meanwhile.
class ReservedPort {
 public:
  ReservedPort();
  ~ReservedPort();
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;
  int port() const { return port_; }

 private:
  int socket_;
  int port_;
};

}  // namespace sluice::agent
