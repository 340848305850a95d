#include "consumer/client/fake_collector.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace sluice::client {

// Where a subscriber is.
struct FakeCollector::Stream {
  const v1::SubscribeRequest& request;
  grpc::ServerContext* context;
  size_t position = 0;  // in the log
  uint64_t records_left = 0;
  size_t messages = 0;
  bool told_progress = false;
};

void FakeCollector::Start(int port, std::shared_ptr<grpc::ServerCredentials> credentials) {
  {
    MutexLock lock(&mutex_);
    stopping_ = false;
  }
  if (port == 0) port = port_;
  if (credentials == nullptr) credentials = grpc::InsecureServerCredentials();
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), std::move(credentials), &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

void FakeCollector::Stop() {
  if (server_ == nullptr) return;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  server_->Shutdown(absl::ToChronoTime(absl::Now()));
  server_->Wait();
  server_.reset();
}

std::string FakeCollector::address() const { return absl::StrCat("127.0.0.1:", port_); }

void FakeCollector::AppendRecords(size_t count) {
  MutexLock lock(&mutex_);
  for (size_t i = 0; i < count; ++i) {
    v1::LogRecord record;
    record.set_time_unix_nano(log_.size() * 1'000'000'000);
    record.set_severity(v1::SEVERITY_INFO);
    record.set_body(absl::StrCat(log_.size()));
    record.set_offset(log_.size() * 10);
    log_.push_back(std::move(record));
  }
  changed_.SignalAll();
}

void FakeCollector::AppendRecord(std::string body, uint64_t time_unix_nano) {
  MutexLock lock(&mutex_);
  v1::LogRecord record;
  record.set_time_unix_nano(time_unix_nano);
  record.set_body(std::move(body));
  log_.push_back(std::move(record));
  changed_.SignalAll();
}

void FakeCollector::SendNext(v1::SubscribeResponse response) {
  MutexLock lock(&mutex_);
  next_.push_back(std::move(response));
  changed_.SignalAll();
}

void FakeCollector::EndStreamsAfter(size_t messages, grpc::Status status) {
  MutexLock lock(&mutex_);
  messages_max_ = messages;
  end_status_ = std::move(status);
}

void FakeCollector::RefuseWith(grpc::Status status, absl::Duration after) {
  MutexLock lock(&mutex_);
  refusal_ = std::move(status);
  refuse_after_ = after;
}

std::vector<v1::SubscribeRequest> FakeCollector::requests() {
  MutexLock lock(&mutex_);
  return requests_;
}

void FakeCollector::AwaitRequests(size_t count) {
  MutexLock lock(&mutex_);
  while (requests_.size() < count) changed_.Wait(&mutex_);
}

void FakeCollector::SetTopics(v1::ListTopicsResponse topics) {
  MutexLock lock(&mutex_);
  topics_ = std::move(topics);
}

void FakeCollector::SetAgents(v1::ListAgentsResponse agents) {
  MutexLock lock(&mutex_);
  agents_ = std::move(agents);
}

grpc::Status FakeCollector::Subscribe(grpc::ServerContext* context, const v1::SubscribeRequest* request,
                                      grpc::ServerWriter<v1::SubscribeResponse>* writer) {
  Stream stream{.request = *request, .context = context};
  {
    MutexLock lock(&mutex_);
    requests_.push_back(*request);
    changed_.SignalAll();
    if (!refusal_.ok()) {
      const absl::Time until = absl::Now() + refuse_after_;
      while (!stopping_ && absl::Now() < until) changed_.WaitWithTimeout(&mutex_, until - absl::Now());
      return refusal_;
    }
    const v1::Start& start = request->start();
    if (start.has_cursor() && !absl::SimpleAtoi(start.cursor(), &stream.position)) {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "start.cursor: no cursor");
    }
    if (start.has_end() || (!request->has_start() && request->follow())) stream.position = log_.size();
    if (start.has_time()) stream.position = std::min<size_t>(start.time().seconds(), log_.size());
  }
  stream.records_left = request->limit() == 0 ? UINT64_MAX : request->limit();
  for (v1::SubscribeResponse response; NextMessage(&stream, &response); response.Clear()) {
    if (!writer->Write(response)) return grpc::Status::CANCELLED;
  }
  MutexLock lock(&mutex_);
  if (stopping_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the collector is stopping");
  return stream.messages >= messages_max_ ? end_status_ : grpc::Status::OK;
}

bool FakeCollector::NextMessage(Stream* stream, v1::SubscribeResponse* response) {
  MutexLock lock(&mutex_);
  while (!stopping_ && stream->messages < messages_max_ && stream->records_left > 0) {
    if (!next_.empty()) {
      *response = std::move(next_.front());
      next_.erase(next_.begin());
    } else if (stream->position < log_.size()) {
      size_t count = std::min<uint64_t>({batch_records_, log_.size() - stream->position, stream->records_left});
      v1::LogBatch* batch = response->mutable_batch();
      batch->set_topic("topic");
      batch->set_agent("agent");
      for (size_t i = 0; i < count; ++i) *batch->add_records() = log_[stream->position + i];
      stream->position += count;
      stream->records_left -= count;
      stream->told_progress = false;
      response->set_cursor(absl::StrCat(stream->position));
    } else if (!stream->told_progress) {
      stream->told_progress = true;
      response->mutable_progress()->set_records_scanned(stream->position);
      response->set_cursor(absl::StrCat(stream->position));
    } else if (stream->request.follow() && !stream->context->IsCancelled()) {
      changed_.WaitWithTimeout(&mutex_, absl::Milliseconds(20));  // to notice that the client left
      continue;
    } else {
      return false;
    }
    ++stream->messages;
    return true;
  }
  return false;
}

grpc::Status FakeCollector::ListTopics(grpc::ServerContext*, const v1::ListTopicsRequest* request,
                                       v1::ListTopicsResponse* response) {
  MutexLock lock(&mutex_);
  if (!refusal_.ok()) return refusal_;
  for (const v1::Topic& topic : topics_.topics()) {
    const auto& names = request->topics();
    if (names.empty() || std::find(names.begin(), names.end(), topic.name()) != names.end()) {
      *response->add_topics() = topic;
    }
  }
  return grpc::Status::OK;
}

grpc::Status FakeCollector::ListAgents(grpc::ServerContext*, const v1::ListAgentsRequest*,
                                       v1::ListAgentsResponse* response) {
  MutexLock lock(&mutex_);
  if (!refusal_.ok()) return refusal_;
  *response = agents_;
  return grpc::Status::OK;
}

grpc::Status FakeCollector::Acknowledge(grpc::ServerContext*, const v1::AcknowledgeRequest* request,
                                        v1::AcknowledgeResponse*) {
  MutexLock lock(&mutex_);
  acknowledged_.push_back(request->group() + " " + request->member() + " " + request->cursor());
  return grpc::Status::OK;
}

std::vector<std::string> FakeCollector::acknowledged() {
  MutexLock lock(&mutex_);
  return acknowledged_;
}

}  // namespace sluice::client
