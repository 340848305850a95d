// A collector in this process, and clients that speak to it over real connections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/log/testing_batches.h"
#include "collector/server.h"
#include "collector/testing/test_log.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "sluice/v1/ingest_service.grpc.pb.h"
#include "sluice/v1/log_service.grpc.pb.h"

namespace sluice::collector::testing {

// Listens on free ports, in a directory of its own. Aborts if it cannot.
class TestServer {
 public:
  explicit TestServer(std::function<void(CollectorOptions*)> change_options = {});

  Server* operator->() { return server_.get(); }
  CollectorOptions* options() { return &options_; }
  RocksDbLog* log();
  // Stops and starts again on the same data (another port).
  void Restart();
  void Stop() { server_->Stop(); }
  // A connection of its own.
  std::shared_ptr<grpc::Channel> Connect() const;
  // The value of a series, by its text up to the blank ("sluice_collector_subscribers"); -1 if there is none.
  double Metric(std::string_view series);
  // Returns when the series has this value.
  void AwaitMetric(std::string_view series, double value);

 private:
  void Start();

  TempDirectory directory_;
  CollectorOptions options_;
  std::unique_ptr<Server> server_;
};

// An agent.
class PushClient {
 public:
  explicit PushClient(std::shared_ptr<grpc::Channel> channel);
  ~PushClient();

  bool Hello(const std::string& agent = "web-1", const std::string& instance = "i-1");
  std::vector<v1::FileWatermark> ReadWelcome();
  // Sends one message with the next sequence.
  bool Send(const std::vector<v1::LogBatch>& batches);
  bool Write(const v1::PushRequest& request) { return stream_->Write(request); }
  bool Read(v1::PushResponse* response) { return stream_->Read(response); }
  // Reads acks until all that was sent is acknowledged; the rejections of all. False if the stream ended before.
  bool ReadAcks(std::vector<v1::Rejection>* rejections = nullptr);
  void WritesDone() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }
  // Reads what is left, then the status.
  grpc::Status Finish();

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::IngestService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::PushRequest, v1::PushResponse>> stream_;
  uint64_t sequence_ = 0;
  uint64_t acked_ = 0;
  bool finished_ = false;
};

// A subscriber.
class SubscribeClient {
 public:
  SubscribeClient(std::shared_ptr<grpc::Channel> channel, const v1::SubscribeRequest& request,
                  std::chrono::system_clock::time_point deadline = std::chrono::system_clock::time_point::max());
  ~SubscribeClient();

  bool Read(v1::SubscribeResponse* response) { return reader_->Read(response); }
  void Cancel() { context_.TryCancel(); }
  // Reads what is left, then the status.
  grpc::Status Finish();

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::LogService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader_;
  bool finished_ = false;
};

// "inode:offset" of each record.
void AppendRecordNames(const v1::LogBatch& batch, std::vector<std::string>* names);

}  // namespace sluice::collector::testing
