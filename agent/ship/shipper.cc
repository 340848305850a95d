#include "agent/ship/shipper.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "agent/ship/channel.h"
#include "base/log.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

// The number of a message that went nowhere, because a kDisconnected is on its way: no ack, which may come before it,
// covers it.
constexpr uint64_t kDropped = std::numeric_limits<uint64_t>::max();

}  // namespace

Shipper::Shipper(Options options, Waker* waker, AgentMetrics* metrics)
    : options_(std::move(options)),
      waker_(waker),
      metrics_(metrics),
      backoff_(options_.backoff_initial, options_.backoff_max) {}

Shipper::~Shipper() { Stop(absl::ZeroDuration()); }

absl::Status Shipper::Start() {
  SLUICE_ASSIGN_OR_RETURN(channel_,
                          NewChannel(options_.address, options_.tls, options_.backoff_initial, options_.backoff_max));
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void Shipper::Stop(absl::Duration grace) {
  if (!thread_.joinable()) return;
  std::shared_ptr<PushStream> stream;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    stream = stream_;
    changed_.SignalAll();
  }
  if (stream != nullptr) {
    stream->Finish();
    {
      MutexLock lock(&mutex_);
      absl::Time deadline = absl::Now() + grace;
      while (!ended_ && absl::Now() < deadline) changed_.WaitWithTimeout(&mutex_, deadline - absl::Now());
    }
    stream->Cancel();
  }
  thread_.join();
}

void Shipper::Run() {
  while (true) {
    RunStream();
    MutexLock lock(&mutex_);
    if (stopping_) return;
    absl::Duration wait = backoff_.Next();
    LogEnd(end_, wait);
    absl::Time until = absl::Now() + wait;
    while (!stopping_ && absl::Now() < until) changed_.WaitWithTimeout(&mutex_, until - absl::Now());
    if (stopping_) return;
  }
}

// From the first attempt to connect to the end of the stream.
void Shipper::RunStream() {
  std::shared_ptr<PushStream> stream;
  {
    MutexLock lock(&mutex_);
    if (stopping_) return;
    welcomed_ = ended_ = false;
  }
  stream = std::make_shared<PushStream>(channel_, options_.hello, static_cast<PushStreamListener*>(this));
  bool was_welcomed;
  bool too_slow = false;
  bool too_late;  // Stop did not see the stream
  {
    MutexLock lock(&mutex_);
    stream_ = stream;
    too_late = stopping_;
    waker_->Wake();  // the welcome may have come already
  }
  if (too_late) stream->Cancel();
  {
    MutexLock lock(&mutex_);
    absl::Time deadline = absl::Now() + options_.handshake_timeout;
    while (!ended_ && !too_slow) {
      if (welcomed_) {
        changed_.Wait(&mutex_);
      } else if (changed_.WaitWithTimeout(&mutex_, deadline - absl::Now()) && !welcomed_ && !ended_) {
        too_slow = absl::Now() >= deadline;
      }
    }
  }
  if (too_slow) {
    stream->Cancel();
    MutexLock lock(&mutex_);
    while (!ended_) changed_.Wait(&mutex_);
    end_ = absl::DeadlineExceededError("the collector did not answer the handshake");
  }
  metrics_->connected.Set(0);
  metrics_->connections_lost.Increment();
  {
    MutexLock lock(&mutex_);
    was_welcomed = welcomed_;
    stream_ = nullptr;
    welcomed_ = taken_ = false;
    if (was_welcomed) {
      LinkEvent event;
      event.kind = LinkEvent::Kind::kDisconnected;
      events_.push_back(std::move(event));
    }
  }
  if (was_welcomed) {
    backoff_.Reset();
    said_ = absl::OkStatus();
    waker_->Wake();
  }
}

// Says each reason once, not at every try; again after a connection.
void Shipper::LogEnd(const absl::Status& status, absl::Duration retry) {
  if (status == said_) return;
  said_ = status;
  log::Warn("ship", "not connected to the collector; lines wait in their files",
            {{"collector", options_.address}, {"reason", status}, {"retry_ms", absl::ToInt64Milliseconds(retry)}});
}

void Shipper::Take(std::vector<LinkEvent>* events) {
  MutexLock lock(&mutex_);
  for (const LinkEvent& event : events_) {
    if (event.kind != LinkEvent::Kind::kAcked) taken_ = event.kind == LinkEvent::Kind::kConnected;
  }
  if (events->empty()) {
    events->swap(events_);
  } else {
    std::move(events_.begin(), events_.end(), std::back_inserter(*events));
    events_.clear();
  }
}

// The stream that the tailer speaks of: not one that was made since, behind its back. What it reads is right for the
// watermarks that it was told; on another stream a message could leave a gap.
std::shared_ptr<PushStream> Shipper::TakenStream() const {
  MutexLock lock(&mutex_);
  return taken_ && !ended_ ? stream_ : nullptr;
}

bool Shipper::Writable() const {
  std::shared_ptr<PushStream> stream = TakenStream();
  return stream != nullptr && stream->Writable();
}

uint64_t Shipper::Send(SharedBytes message) {
  std::shared_ptr<PushStream> stream = TakenStream();
  return stream != nullptr ? stream->Send(std::move(message)) : kDropped;
}

void Shipper::SendStatus(const v1::AgentStatus& status) {
  std::shared_ptr<PushStream> stream = TakenStream();
  if (stream != nullptr) stream->SendStatus(status);
}

void Shipper::OnWelcome(std::vector<v1::FileWatermark> watermarks) {
  log::Info("ship", "connected", {{"collector", options_.address}, {"files_known", watermarks.size()}});
  metrics_->connected.Set(1);
  {
    MutexLock lock(&mutex_);
    welcomed_ = true;
    LinkEvent event;
    event.kind = LinkEvent::Kind::kConnected;
    event.watermarks = std::move(watermarks);
    events_.push_back(std::move(event));
    changed_.SignalAll();
  }
  waker_->Wake();
}

void Shipper::OnAck(v1::Ack ack) {
  {
    MutexLock lock(&mutex_);
    LinkEvent event;
    event.kind = LinkEvent::Kind::kAcked;
    event.ack = std::move(ack);
    events_.push_back(std::move(event));
  }
  waker_->Wake();
}

void Shipper::OnWritable() { waker_->Wake(); }

void Shipper::OnEnded(const absl::Status& status) {
  MutexLock lock(&mutex_);
  ended_ = true;
  end_ = status.ok() ? absl::UnavailableError("the collector ended the stream") : status;
  changed_.SignalAll();
}

}  // namespace sluice::agent
