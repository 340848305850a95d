#include "agent/ship/testing_collector.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::agent {

bool AgentStream::WaitFor(const Progress* progress) {
  absl::Time deadline = absl::Now() + kPatience;
  while (*progress == Progress::kNone) {
    if (changed_.WaitWithTimeout(&mutex_, deadline - absl::Now()) && absl::Now() >= deadline) return false;
  }
  return *progress == Progress::kDone;
}

std::optional<std::string> AgentStream::ReadBytes() {
  {
    MutexLock lock(&mutex_);
    read_ = Progress::kNone;
  }
  StartRead(&incoming_);
  {
    MutexLock lock(&mutex_);
    if (!WaitFor(&read_)) return std::nullopt;
  }
  std::vector<grpc::Slice> slices;
  if (!incoming_.Dump(&slices).ok()) return std::nullopt;
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

std::optional<v1::PushRequest> AgentStream::Read() {
  std::optional<std::string> bytes = ReadBytes();
  v1::PushRequest request;
  if (!bytes.has_value() || !request.ParseFromString(*bytes)) return std::nullopt;
  return request;
}

bool AgentStream::WriteBytes(const std::string& bytes) {
  {
    MutexLock lock(&mutex_);
    write_ = Progress::kNone;
  }
  grpc::Slice slice(bytes);
  outgoing_ = grpc::ByteBuffer(&slice, 1);
  StartWrite(&outgoing_);
  MutexLock lock(&mutex_);
  return WaitFor(&write_);
}

bool AgentStream::Welcome(const std::vector<v1::FileWatermark>& files, bool complete) {
  v1::PushResponse response;
  for (const v1::FileWatermark& file : files) *response.mutable_welcome()->add_files() = file;
  response.mutable_welcome()->set_complete(complete);
  return Write(response);
}

bool AgentStream::Ack(uint64_t sequence) {
  v1::PushResponse response;
  response.mutable_ack()->set_sequence(sequence);
  return Write(response);
}

void AgentStream::End(const grpc::Status& status) {
  ended_ = true;
  Finish(status);
}

void AgentStream::Close() {
  if (!ended_) End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the test is over"));
  MutexLock lock(&mutex_);
  while (!done_) changed_.Wait(&mutex_);
}

void AgentStream::OnReadDone(bool ok) {
  MutexLock lock(&mutex_);
  read_ = ok ? Progress::kDone : Progress::kFailed;
  changed_.SignalAll();
}

void AgentStream::OnWriteDone(bool ok) {
  MutexLock lock(&mutex_);
  write_ = ok ? Progress::kDone : Progress::kFailed;
  changed_.SignalAll();
}

void AgentStream::OnDone() {
  MutexLock lock(&mutex_);
  done_ = true;
  changed_.SignalAll();
}

class ScriptedCollector::Service final
    : public v1::IngestService::WithRawCallbackMethod_Push<v1::IngestService::Service> {
 public:
  explicit Service(ScriptedCollector* collector) : collector_(collector) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Push(grpc::CallbackServerContext* context) override {
    return collector_->Open(context);
  }

 private:
  ScriptedCollector* const collector_;
};

ScriptedCollector::ScriptedCollector(int port, std::shared_ptr<grpc::ServerCredentials> credentials)
    : service_(std::make_unique<Service>(this)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(StrCat("127.0.0.1:", port), std::move(credentials), &port_);
  builder.SetMaxReceiveMessageSize(-1);
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
  EXPECT_NE(server_, nullptr) << "cannot listen on port " << port;
}

ScriptedCollector::~ScriptedCollector() {
  CloseStreams();
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  CloseStreams();  // those that came meanwhile
}

void ScriptedCollector::CloseStreams() {
  std::vector<AgentStream*> streams;
  {
    MutexLock lock(&mutex_);
    closing_ = true;
    for (const auto& stream : streams_) streams.push_back(stream.get());
  }
  for (AgentStream* stream : streams) stream->Close();
}

std::string ScriptedCollector::address() const { return StrCat("127.0.0.1:", port_); }

AgentStream* ScriptedCollector::Accept() {
  MutexLock lock(&mutex_);
  absl::Time deadline = absl::Now() + kPatience;
  while (waiting_.empty()) {
    if (changed_.WaitWithTimeout(&mutex_, deadline - absl::Now()) && absl::Now() >= deadline) {
      ADD_FAILURE() << "no agent came";
      return nullptr;
    }
  }
  AgentStream* stream = waiting_.front();
  waiting_.pop_front();
  return stream;
}

AgentStream* ScriptedCollector::Open(grpc::CallbackServerContext* context) {
  MutexLock lock(&mutex_);
  AgentStream* stream = streams_.emplace_back(std::make_unique<AgentStream>(context)).get();
  if (closing_) {
    stream->End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the test is over"));
  } else {
    waiting_.push_back(stream);
    changed_.SignalAll();
  }
  return stream;
}

ReservedPort::ReservedPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), port_(0) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  int shared = 1;  // gRPC's servers share theirs, too
  bool bound = setsockopt(socket_, SOL_SOCKET, SO_REUSEPORT, &shared, sizeof shared) == 0 &&
               bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
               getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  EXPECT_TRUE(bound);
  port_ = ntohs(address.sin_port);
}

ReservedPort::~ReservedPort() { close(socket_); }

}  // namespace sluice::agent
