// A collector for tests: a real gRPC server in this process, over a log in memory that does what a test tells it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "grpcpp/server.h"
#include "sluice/v1/log_service.grpc.pb.h"

namespace sluice::client {

// The log is a list of records; a cursor is the place of the next one. Thread-safe.
class FakeCollector final : public v1::LogService::Service {
 public:
  // A batch holds up to `batch_records` records.
  explicit FakeCollector(size_t batch_records = 3) : batch_records_(batch_records) {}
  ~FakeCollector() override { Stop(); }

  // Listens on `port`, or on one that the system chooses (and the same again after a Stop). `credentials` may be null.
  void Start(int port = 0, std::shared_ptr<grpc::ServerCredentials> credentials = nullptr);
  // Breaks every connection.
  void Stop();
  std::string address() const;

  // Appends records "0", "1", …, whose times are their numbers in seconds.
  void AppendRecords(size_t count);
  void AppendRecord(std::string body, uint64_t time_unix_nano);
  // Sends this as the next message of the next stream instead of a batch.
  void SendNext(v1::SubscribeResponse response);
  // Every stream from now on ends like this after so many messages.
  void EndStreamsAfter(size_t messages, grpc::Status status);
  // Every stream from now on ends like this, after so long; OK: no more.
  void RefuseWith(grpc::Status status, absl::Duration after = absl::ZeroDuration());

  // What the subscribers asked for, in order.
  std::vector<v1::SubscribeRequest> requests();
  // The cursors that members of groups acknowledged, in order.
  std::vector<std::string> acknowledged();
  // Blocks until so many subscriptions have come.
  void AwaitRequests(size_t count);

  // Also with ListTopics' and ListAgents' answers.
  void SetTopics(v1::ListTopicsResponse topics);
  void SetAgents(v1::ListAgentsResponse agents);

 private:
  struct Stream;

  grpc::Status Subscribe(grpc::ServerContext* context, const v1::SubscribeRequest* request,
                         grpc::ServerWriter<v1::SubscribeResponse>* writer) override;
  grpc::Status ListTopics(grpc::ServerContext*, const v1::ListTopicsRequest* request,
                          v1::ListTopicsResponse* response) override;
  grpc::Status ListAgents(grpc::ServerContext*, const v1::ListAgentsRequest*,
                          v1::ListAgentsResponse* response) override;
  grpc::Status Acknowledge(grpc::ServerContext*, const v1::AcknowledgeRequest* request,
                           v1::AcknowledgeResponse*) override;
  // The next message of a stream; waits for records if it follows. False at its end.
  bool NextMessage(Stream* stream, v1::SubscribeResponse* response);

  const size_t batch_records_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<v1::LogRecord> log_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::SubscribeResponse> next_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::SubscribeRequest> requests_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> acknowledged_ ABSL_GUARDED_BY(mutex_);
  size_t messages_max_ ABSL_GUARDED_BY(mutex_) = SIZE_MAX;
  grpc::Status end_status_ ABSL_GUARDED_BY(mutex_);
  grpc::Status refusal_ ABSL_GUARDED_BY(mutex_);
  absl::Duration refuse_after_ ABSL_GUARDED_BY(mutex_);
  v1::ListTopicsResponse topics_ ABSL_GUARDED_BY(mutex_);
  v1::ListAgentsResponse agents_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::client
