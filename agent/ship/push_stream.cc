#include "agent/ship/push_stream.h"

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/wire.h"
#include "grpcpp/generic/generic_stub.h"

namespace sluice::agent {
namespace {

constexpr char kMethod[] = "/sluice.v1.IngestService/Push";

// A slice that shares the bytes.
grpc::Slice SliceOf(SharedBytes bytes) {
  auto* owner = new SharedBytes(std::move(bytes));
  return grpc::Slice(
      const_cast<char*>(owner->view().data()), owner->size(),
      [](void* data) { delete static_cast<SharedBytes*>(data); }, owner);
}

grpc::ByteBuffer BufferOf(const google::protobuf::Message& message) {
  grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

// `message` with PushRequest.sequence behind it: fields of a message may come in any order.
grpc::ByteBuffer WithSequence(SharedBytes message, uint64_t sequence) {
  std::array<char, 16> field;
  char* end = wire::WriteVarint(field.data(), wire::Tag(v1::PushRequest::kSequenceFieldNumber, wire::Type::kVarint));
  end = wire::WriteVarint(end, sequence);
  std::array<grpc::Slice, 2> slices = {SliceOf(std::move(message)),
                                       grpc::Slice(field.data(), static_cast<size_t>(end - field.data()))};
  return grpc::ByteBuffer(slices.data(), slices.size());
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace

PushStream::PushStream(std::shared_ptr<grpc::Channel> channel, const v1::Hello& hello, PushStreamListener* listener)
    : listener_(listener) {
  grpc::GenericStub stub(std::move(channel));
  stub.PrepareBidiStreamingCall(&context_, kMethod, {}, this);
  v1::PushRequest request;
  *request.mutable_hello() = hello;
  outgoing_ = BufferOf(request);
  {
    MutexLock lock(&mutex_);
    writing_ = true;
  }
  AddHold();  // for writes from other threads; released when reading ends
  StartWrite(&outgoing_);
  StartRead(&incoming_);
  StartCall();
}

uint64_t PushStream::Send(SharedBytes message) {
  uint64_t sequence;
  {
    MutexLock lock(&mutex_);
    sequence = ++sequence_;
  }
  Enqueue(WithSequence(std::move(message), sequence));
  return sequence;
}

void PushStream::SendStatus(const v1::AgentStatus& status) {
  {
    MutexLock lock(&mutex_);
    // The list of files comes with a few of them only: one that still waits is not lost.
    v1::AgentFiles files;
    const bool keep = status_.has_value() && status_->has_file_list() && !status.has_file_list();
    if (keep) files.Swap(status_->mutable_file_list());
    status_ = status;
    if (keep) *status_->mutable_file_list() = std::move(files);
  }
  WriteNext();
}

bool PushStream::Writable() const {
  MutexLock lock(&mutex_);
  return !closed_ && !finishing_ && queue_.size() < kQueueMax;
}

void PushStream::Finish() {
  {
    MutexLock lock(&mutex_);
    finishing_ = true;
  }
  WriteNext();
}

void PushStream::Enqueue(grpc::ByteBuffer message) {
  {
    MutexLock lock(&mutex_);
    queue_.push_back(std::move(message));
  }
  WriteNext();
}

// Starts the next write if none is under way. Whoever sets writing_ owns outgoing_ until OnWriteDone, and holds the
// stream until the write is started: it may end meanwhile.
void PushStream::WriteNext() {
  bool writes_done = false;
  {
    MutexLock lock(&mutex_);
    if (writing_ || closed_) return;
    if (!queue_.empty()) {
      outgoing_.Swap(&queue_.front());
      queue_.pop_front();
    } else if (status_.has_value()) {
      v1::PushRequest request;
      *request.mutable_status() = *std::exchange(status_, std::nullopt);
      outgoing_ = BufferOf(request);
    } else if (finishing_) {
      writes_done = true;
    } else {
      return;
    }
    writing_ = true;
    AddHold();
  }
  if (writes_done) {
    StartWritesDone();
  } else {
    StartWrite(&outgoing_);
  }
  RemoveHold();
}

void PushStream::OnWriteDone(bool ok) {
  outgoing_.Clear();
  {
    MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) queue_.clear();
  }
  if (!ok) return;  // the stream has ended; OnDone tells why
  WriteNext();
  listener_->OnWritable();
}

void PushStream::OnReadDone(bool ok) {
  if (ok) {
    malformed_ = Receive();
    if (malformed_.ok()) {
      StartRead(&incoming_);
      return;
    }
    context_.TryCancel();
  }
  {
    MutexLock lock(&mutex_);
    closed_ = true;
    queue_.clear();
  }
  RemoveHold();
}

absl::Status PushStream::Receive() {
  grpc::Slice slice;
  v1::PushResponse response;
  if (!incoming_.DumpToSingleSlice(&slice).ok() ||
      !response.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return DataLoss("the collector sent a malformed PushResponse of ", incoming_.Length(), " bytes");
  }
  if (response.has_ack()) {
    listener_->OnAck(std::move(*response.mutable_ack()));
  } else if (response.has_welcome()) {
    for (v1::FileWatermark& file : *response.mutable_welcome()->mutable_files()) welcome_.push_back(std::move(file));
    if (response.welcome().complete()) listener_->OnWelcome(std::exchange(welcome_, {}));
  }
  return absl::OkStatus();
}

void PushStream::OnDone(const grpc::Status& status) {
  listener_->OnEnded(malformed_.ok() ? FromGrpc(status) : malformed_);
}

}  // namespace sluice::agent
