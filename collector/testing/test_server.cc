#include "collector/testing/test_server.h"

#include <cstdlib>
#include <iostream>
#include <thread>
#include <utility>

#include "base/strings.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "prometheus/text_serializer.h"

namespace sluice::collector::testing {

TestServer::TestServer(std::function<void(CollectorOptions*)> change_options) {
  options_.grpc_address.port = 0;
  options_.http_address.port = 0;
  options_.log.data_dir = directory_.path();
  if (change_options) change_options(&options_);
  Start();
}

RocksDbLog* TestServer::log() { return static_cast<RocksDbLog*>(server_->log()); }

void TestServer::Restart() {
  server_.reset();
  Start();
}

void TestServer::Start() {
  auto server = Server::Start(options_);
  if (!server.ok()) {
    std::cerr << server.status() << "\n";
    std::abort();
  }
  server_ = *std::move(server);
}

std::shared_ptr<grpc::Channel> TestServer::Connect() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(StrCat("127.0.0.1:", server_->grpc_port()), grpc::InsecureChannelCredentials(),
                                   arguments);
}

double TestServer::Metric(std::string_view series) {
  const std::string text = prometheus::TextSerializer().Serialize(server_->registry()->Collect());
  const std::string line_begin = StrCat("\n", series, " ");
  size_t at = text.find(line_begin);
  return at == std::string::npos ? -1 : std::stod(text.substr(at + line_begin.size()));
}

void TestServer::AwaitMetric(std::string_view series, double value) {
  while (Metric(series) != value) std::this_thread::yield();
}

PushClient::PushClient(std::shared_ptr<grpc::Channel> channel) : stub_(v1::IngestService::NewStub(std::move(channel))) {
  // A first attempt to connect may fail on a busy machine; a real client comes again.
  context_.set_wait_for_ready(true);
  stream_ = stub_->Push(&context_);
}

PushClient::~PushClient() {
  Cancel();
  if (!finished_) Finish();
}

bool PushClient::Hello(const std::string& agent, const std::string& instance) {
  v1::PushRequest request;
  request.mutable_hello()->set_agent(agent);
  request.mutable_hello()->set_instance(instance);
  request.mutable_hello()->set_host("host");
  return Write(request);
}

std::vector<v1::FileWatermark> PushClient::ReadWelcome() {
  std::vector<v1::FileWatermark> files;
  v1::PushResponse response;
  while (Read(&response) && response.has_welcome()) {
    files.insert(files.end(), response.welcome().files().begin(), response.welcome().files().end());
    if (response.welcome().complete()) break;
  }
  return files;
}

bool PushClient::Send(const std::vector<v1::LogBatch>& batches) {
  v1::PushRequest request;
  request.set_sequence(++sequence_);
  for (const v1::LogBatch& batch : batches) *request.add_batches() = batch;
  return Write(request);
}

bool PushClient::ReadAcks(std::vector<v1::Rejection>* rejections) {
  v1::PushResponse response;
  while (acked_ != sequence_) {
    if (!Read(&response)) return false;
    if (rejections != nullptr) {
      rejections->insert(rejections->end(), response.ack().rejections().begin(), response.ack().rejections().end());
    }
    acked_ = response.ack().sequence();
  }
  return true;
}

grpc::Status PushClient::Finish() {
  v1::PushResponse response;
  while (Read(&response)) {
  }
  finished_ = true;
  return stream_->Finish();
}

SubscribeClient::SubscribeClient(std::shared_ptr<grpc::Channel> channel, const v1::SubscribeRequest& request,
                                 std::chrono::system_clock::time_point deadline)
    : stub_(v1::LogService::NewStub(std::move(channel))) {
  if (deadline != std::chrono::system_clock::time_point::max()) context_.set_deadline(deadline);
  context_.set_wait_for_ready(true);
  reader_ = stub_->Subscribe(&context_, request);
}

SubscribeClient::~SubscribeClient() {
  Cancel();
  if (!finished_) Finish();
}

grpc::Status SubscribeClient::Finish() {
  v1::SubscribeResponse response;
  while (Read(&response)) {
  }
  finished_ = true;
  return reader_->Finish();
}

void AppendRecordNames(const v1::LogBatch& batch, std::vector<std::string>* names) {
  for (const v1::LogRecord& record : batch.records()) {
    names->push_back(StrCat(batch.file().inode(), ":", record.offset()));
  }
}

}  // namespace sluice::collector::testing
