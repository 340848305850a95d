#include "consumer/client/subscribe_stream.h"

#include <chrono>
#include <cstring>
#include <utility>

#include "base/status.h"
#include "consumer/client/channel.h"

namespace sluice::client {
namespace {

constexpr char kMethod[] = "/sluice.v1.LogService/Subscribe";

grpc::ByteBuffer Serialize(const v1::SubscribeRequest& request) {
  grpc::Slice slice(request.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

SubscribeStream::SubscribeStream(std::shared_ptr<grpc::Channel> channel, absl::Time deadline)
    : channel_(std::move(channel)), stub_(channel_) {
  if (deadline != absl::InfiniteFuture()) context_.set_deadline(absl::ToChronoTime(deadline));
}

SubscribeStream::~SubscribeStream() {
  if (call_ != nullptr && !finished_) {
    context_.TryCancel();
    if (read_pending_) Wait();
    Finish().IgnoreError();
  }
  queue_.Shutdown();
  Wait();  // until the queue says that it is empty
}

bool SubscribeStream::Start(const v1::SubscribeRequest& request, absl::Duration connect_timeout) {
  call_ = stub_.PrepareCall(&context_, kMethod, &queue_);
  call_->StartCall(this);  // done when there is a connection
  std::optional<bool> connected = WaitUntil(absl::Now() + connect_timeout);
  if (!connected.has_value()) {
    connect_error_ = Unavailable("no connection within ", absl::FormatDuration(connect_timeout));
    context_.TryCancel();
    Wait();
    return false;
  }
  if (!*connected) return false;
  call_->WriteLast(Serialize(request), grpc::WriteOptions(), this);
  if (!Wait()) return false;
  StartRead();
  return true;
}

std::optional<std::string_view> SubscribeStream::Read() {
  if (read_pending_) {
    read_result_ = Wait();
    read_pending_ = false;
  }
  if (!read_result_.value_or(false)) return std::nullopt;
  std::string_view message = Flatten();
  StartRead();
  return message;
}

bool SubscribeStream::HasMessage() {
  if (read_pending_) {
    read_result_ = WaitUntil(absl::UnixEpoch());
    read_pending_ = !read_result_.has_value();
  }
  return read_result_.value_or(false);
}

absl::Status SubscribeStream::Finish() {
  grpc::Status status;
  call_->Finish(&status, this);
  Wait();
  finished_ = true;
  return connect_error_.ok() ? ToAbslStatus(status) : connect_error_;
}

void SubscribeStream::StartRead() {
  read_result_.reset();
  read_pending_ = true;
  call_->Read(&message_, this);
}

std::string_view SubscribeStream::Flatten() {
  slices_.clear();
  if (grpc::Slice whole; message_.TrySingleSlice(&whole).ok()) {
    slices_.push_back(std::move(whole));
    return std::string_view(reinterpret_cast<const char*>(slices_[0].begin()), slices_[0].size());
  }
  size_t size = message_.Length();
  if (flat_capacity_ < size) {
    flat_ = std::make_unique_for_overwrite<char[]>(size);
    flat_capacity_ = size;
  }
  char* out = flat_.get();
  if (message_.Dump(&slices_).ok()) {
    for (const grpc::Slice& slice : slices_) {
      std::memcpy(out, slice.begin(), slice.size());
      out += slice.size();
    }
  }
  slices_.clear();
  return std::string_view(flat_.get(), out - flat_.get());
}

bool SubscribeStream::Wait() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

std::optional<bool> SubscribeStream::WaitUntil(absl::Time deadline) {
  void* tag = nullptr;
  bool ok = false;
  switch (queue_.AsyncNext(&tag, &ok, absl::ToChronoTime(deadline))) {
    case grpc::CompletionQueue::GOT_EVENT:
      return ok;
    case grpc::CompletionQueue::TIMEOUT:
      return std::nullopt;
    case grpc::CompletionQueue::SHUTDOWN:
      break;
  }
  return false;
}

}  // namespace sluice::client
