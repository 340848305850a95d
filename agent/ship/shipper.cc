#include "agent/ship/shipper.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "agent/ship/channel.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::agent {
namespace {

// The number of a message that went nowhere, because a kDisconnected is on its way: no ack, which may come before it,
// covers it.
constexpr uint64_t kDropped = std::numeric_limits<uint64_t>::max();

}  // namespace

std::vector<std::string> PreferredOrder(std::vector<std::string> addresses, std::string_view agent) {
  std::sort(addresses.begin(), addresses.end(), [&](const std::string& a, const std::string& b) {
    return Xxh3(StrCat(agent, " ", a)) < Xxh3(StrCat(agent, " ", b));
  });
  return addresses;
}

Shipper::Shipper(Options options, Waker* waker, AgentMetrics* metrics)
    : options_(std::move(options)),
      waker_(waker),
      metrics_(metrics),
      backoff_(options_.backoff_initial, options_.backoff_max) {}

Shipper::~Shipper() { Stop(absl::ZeroDuration()); }

absl::Status Shipper::Start() {
  for (const std::string& address : PreferredOrder(options_.addresses, options_.hello.agent())) {
    SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                            NewChannel(address, options_.tls, options_.backoff_initial, options_.backoff_max));
    collectors_.push_back({address, std::move(channel)});
  }
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
    // The next one at once; only when none of them answers there is something to wait for.
    if (failures_ % collectors_.size() != 0) {
      LogEnd(end_, absl::ZeroDuration());
      continue;
    }
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
  ended_at_ = current().address;
  stream = std::make_shared<PushStream>(current().channel, options_.hello, static_cast<PushStreamListener*>(this));
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
    while (!ended_ && !welcomed_ && !too_slow) {
      too_slow =
          changed_.WaitWithTimeout(&mutex_, deadline - absl::Now()) && !welcomed_ && !ended_ && absl::Now() >= deadline;
    }
  }
  bool return_home = false;
  if (!too_slow && WaitForEnd()) {
    // In order: what was sent is acknowledged there before anything is sent elsewhere.
    return_home = true;
    log::Info("ship", "going back to the collector that comes first", {{"collector", collectors_[0].address}});
    stream->Finish();
    MutexLock lock(&mutex_);
    while (!ended_) changed_.Wait(&mutex_);
    end_ = absl::OkStatus();
  }
  if (too_slow) {
    stream->Cancel();
    MutexLock lock(&mutex_);
    while (!ended_) changed_.Wait(&mutex_);
    end_ = absl::DeadlineExceededError("the collector did not answer the handshake");
  }
  metrics_->connected.Set(0);
  if (!return_home) metrics_->connections_lost.Increment();
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
  // After a good connection its collector gets another chance only if there is no other one.
  failures_ = was_welcomed ? (return_home || collectors_.size() == 1 ? 0 : 1) : failures_ + 1;
  current_ = return_home ? 0 : (current_ + 1) % collectors_.size();
}

bool Shipper::WaitForEnd() {
  MutexLock lock(&mutex_);
  while (!ended_) {
    if (current_ == 0 || stopping_) {
      changed_.Wait(&mutex_);
      continue;
    }
    const bool look = changed_.WaitWithTimeout(&mutex_, options_.return_interval);
    // Connects, if it is not; whether that worked is seen the next time.
    if (look && !ended_ && !stopping_ && collectors_[0].channel->GetState(true) == GRPC_CHANNEL_READY) return true;
  }
  return false;
}

// Says each reason once, not at every try; again after a connection.
void Shipper::LogEnd(const absl::Status& status, absl::Duration retry) {
  if (status == said_) return;
  said_ = status;
  log::Warn("ship", "not connected to the collector; lines wait in their files",
            {{"collector", ended_at_}, {"reason", status}, {"retry_ms", absl::ToInt64Milliseconds(retry)}});
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
  log::Info("ship", "connected", {{"collector", current().address}, {"files_known", watermarks.size()}});
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
