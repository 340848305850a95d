#include "consumer/client/publisher_impl.h"

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "consumer/client/resume.h"

namespace sluice::client {

std::string RandomName() {
  absl::BitGen random;
  return absl::StrFormat("%016x%016x", absl::Uniform<uint64_t>(random), absl::Uniform<uint64_t>(random));
}

namespace {

constexpr size_t kInFlightMax = 16;
constexpr size_t kMessageBytesMax = 1 << 20;
constexpr absl::Duration kHandshakePatience = absl::Seconds(30);
constexpr absl::Duration kTurnInterval = absl::Seconds(1);
constexpr absl::Duration kOtherPatience = absl::Seconds(10);
constexpr absl::Duration kFarewell = absl::Seconds(2);

v1::LogBatch SharedFields(const PublisherOptions& options) {
  v1::LogBatch batch;
  batch.set_agent(options.id);
  batch.set_host(options.host);
  batch.set_source(options.source);
  for (const auto& [name, value] : options.labels) (*batch.mutable_labels())[name] = value;
  return batch;
}

v1::PushRequest MakeHello(const PublisherOptions& options) {
  v1::PushRequest request;
  v1::Hello* hello = request.mutable_hello();
  hello->set_agent(options.id);
  hello->set_instance(RandomName());
  hello->set_host(options.host);
  hello->set_version(options.version);
  hello->set_start_time_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(absl::Now())));
  return request;
}

}  // namespace

Publisher::Impl::Impl(std::shared_ptr<ChannelSource> channels, PublisherOptions options)
    : channels_(std::move(channels)),
      options_(std::move(options)),
      hello_(MakeHello(options_)),
      backoff_(channels_->options().retry_min, channels_->options().retry_max),
      queue_(SharedFields(options_), hello_.hello().instance(), options_.id.starts_with(kEphemeralPublisherPrefix)),
      thread_([this] { Run(); }) {}

Publisher::Impl::~Impl() { Stop(); }

void Publisher::Impl::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status Publisher::Impl::Publish(std::string_view topic, std::optional<uint64_t> sequence, v1::LogRecord record,
                                      absl::Time deadline) {
  SLUICE_RETURN_IF_ERROR(CheckTopicName(topic));
  SLUICE_RETURN_IF_ERROR(CheckRecord(absl::Now(), &record));
  const size_t bytes = record.ByteSizeLong();
  MutexLock lock(&mutex_);
  while (true) {
    SLUICE_RETURN_IF_ERROR(Failure());
    if (queue_.records() == 0 || queue_.bytes() + bytes <= options_.pending_bytes_max) break;
    if (!WaitUntil(deadline)) return TooLate("no room for a record");
  }
  SLUICE_RETURN_IF_ERROR(queue_.Add(topic, sequence, std::move(record)));
  changed_.SignalAll();
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Publisher::Impl::NextSequence(std::string_view topic, absl::Time deadline) {
  SLUICE_RETURN_IF_ERROR(CheckTopicName(topic));
  MutexLock lock(&mutex_);
  while (!connected_) {
    SLUICE_RETURN_IF_ERROR(Failure());
    if (!WaitUntil(deadline)) return TooLate("no connection");
  }
  return queue_.Held(topic);
}

absl::Status Publisher::Impl::Flush(absl::Time deadline) {
  MutexLock lock(&mutex_);
  const uint64_t taken = queue_.taken();
  while (!queue_.IsDone(taken)) {
    SLUICE_RETURN_IF_ERROR(Failure());
    if (!WaitUntil(deadline)) return TooLate("not everything is durable");
  }
  return absl::OkStatus();
}

absl::Status Publisher::Impl::Close(absl::Time deadline) {
  const absl::Status status = Flush(deadline);
  Stop();
  return status;
}

uint64_t Publisher::Impl::taken() const {
  MutexLock lock(&mutex_);
  return queue_.taken();
}

uint64_t Publisher::Impl::acknowledged() const {
  MutexLock lock(&mutex_);
  return queue_.acknowledged();
}

uint64_t Publisher::Impl::left_out() const {
  MutexLock lock(&mutex_);
  return queue_.left_out();
}

bool Publisher::Impl::WaitUntil(absl::Time deadline) {
  const absl::Duration left = deadline - absl::Now();
  if (left <= absl::ZeroDuration()) return false;
  changed_.WaitWithTimeout(&mutex_, left);
  return true;
}

absl::Status Publisher::Impl::Failure() const {
  if (!failed_.ok()) return failed_;
  return stopping_ ? FailedPrecondition("the publisher is closed") : absl::OkStatus();
}

absl::Status Publisher::Impl::TooLate(std::string_view what) const {
  absl::Status why = queue_.refusal();
  if (!connected_) why = end_.ok() ? Unavailable("no answer yet") : end_;
  return absl::DeadlineExceededError(StrCat("collector ", channels_->options().address, ": ", what, ", ",
                                            queue_.records(), " records are not acknowledged", why.ok() ? "" : ": ",
                                            MessageOf(why)));
}

void Publisher::Impl::OnResponse(v1::PushResponse response) {
  MutexLock lock(&mutex_);
  if (response.has_welcome()) {
    v1::Welcome* welcome = response.mutable_welcome();
    for (v1::FileWatermark& file : *welcome->mutable_files()) welcome_.push_back(std::move(file));
    if (!welcome->complete()) return;
    message_bytes_ = kMessageBytesMax;
    if (const size_t most = welcome->max_message_bytes() / 4 * 3; most > 0)
      message_bytes_ = std::min(most, message_bytes_);
    failed_.Update(queue_.Connected(std::exchange(welcome_, {})));
    connected_ = true;
  } else if (response.has_ack()) {
    failed_.Update(queue_.Acknowledged(response.ack(), absl::Now()));
  }
  changed_.SignalAll();
}

void Publisher::Impl::OnWritten() {
  MutexLock lock(&mutex_);
  writing_ = false;
  changed_.SignalAll();
}

void Publisher::Impl::OnEnded(const absl::Status& status) {
  MutexLock lock(&mutex_);
  ended_ = true;
  end_ = status.ok() ? Unavailable("the collector ended the stream") : status;
  changed_.SignalAll();
}

void Publisher::Impl::Tell(ConnectionState state) const {
  if (options_.on_state) options_.on_state(state);
}

void Publisher::Impl::Run() {
  while (true) {
    RunStream();
    absl::Duration wait;
    absl::Status reason;
    {
      MutexLock lock(&mutex_);
      if (!Retry(&wait)) return;
      reason = end_;
    }
    Tell({.kind = ConnectionState::Kind::kLost, .reason = reason, .retry_in = wait});
    MutexLock lock(&mutex_);
    const absl::Time until = absl::Now() + wait;
    while (!stopping_ && WaitUntil(until)) {
    }
    if (stopping_) return;
  }
}

void Publisher::Impl::RunStream() {
  Tell({.kind = ConnectionState::Kind::kConnecting});
  const std::shared_ptr<grpc::Channel> channel = channels_->Get();
  PushStream stream(channel, this);
  {
    MutexLock lock(&mutex_);
    ended_ = false;
    writing_ = true;
    welcome_.clear();
  }
  stream.Start(hello_);
  AwaitWelcome(&stream);
  bool welcomed;
  {
    MutexLock lock(&mutex_);
    welcomed = connected_;
  }
  if (welcomed) {
    backoff_.Reset();
    Tell({.kind = ConnectionState::Kind::kConnected});
    Feed(&stream);
  }
  bool reachable;
  {
    MutexLock lock(&mutex_);
    while (!ended_) changed_.Wait(&mutex_);
    connected_ = false;
    queue_.Disconnected();
    // A collector that answers has an opinion of us, not of the connection.
    reachable = absl::IsAlreadyExists(end_) || IsPermanent(end_);
    changed_.SignalAll();
  }
  if (!reachable) channels_->Discard(channel);
}

void Publisher::Impl::AwaitWelcome(PushStream* stream) {
  bool cancelled = false;
  MutexLock lock(&mutex_);
  const absl::Time until = absl::Now() + channels_->options().connect_timeout + kHandshakePatience;
  while (!connected_ && !ended_) {
    if (!cancelled && (stopping_ || !WaitUntil(until))) {
      stream->Cancel();
      cancelled = true;
    } else if (cancelled) {
      changed_.Wait(&mutex_);
    }
  }
}

// Sends what there is until the stream ends or the publisher does.
void Publisher::Impl::Feed(PushStream* stream) {
  while (true) {
    v1::PushRequest request;
    {
      MutexLock lock(&mutex_);
      while (!ended_ && !stopping_ && failed_.ok()) {
        const bool room = !writing_ && queue_.in_flight() < kInFlightMax;
        if (room && queue_.FillMessage(message_bytes_, absl::Now(), &request)) break;
        const absl::Time retry = room ? queue_.NextRetry() : absl::InfiniteFuture();
        if (retry == absl::InfiniteFuture()) {
          changed_.Wait(&mutex_);
        } else {
          WaitUntil(retry);
        }
      }
      if (ended_) return;
      if (stopping_ || !failed_.ok()) break;
      writing_ = true;
    }
    stream->Write(std::move(request));
  }
  Part(stream);
}

// In order if nothing is under way, so that the collector does not think that the connection broke.
void Publisher::Impl::Part(PushStream* stream) {
  bool idle;
  {
    MutexLock lock(&mutex_);
    idle = !writing_ && queue_.in_flight() == 0;
  }
  if (idle) {
    stream->Finish();
    MutexLock lock(&mutex_);
    const absl::Time until = absl::Now() + kFarewell;
    while (!ended_ && WaitUntil(until)) {
    }
  }
  stream->Cancel();
}

bool Publisher::Impl::Retry(absl::Duration* wait) {
  if (stopping_) return false;
  if (IsPermanent(end_) && !absl::IsAlreadyExists(end_)) {
    failed_.Update(Annotate(end_, StrCat("collector ", channels_->options().address)));
  }
  *wait = backoff_.Next();
  if (!absl::IsAlreadyExists(end_)) {
    other_since_ = absl::InfiniteFuture();
  } else if (options_.wait_for_turn) {
    *wait = kTurnInterval;
  } else {
    other_since_ = std::min(other_since_, absl::Now());
    if (absl::Now() - other_since_ >= kOtherPatience) failed_.Update(end_);
  }
  changed_.SignalAll();
  return failed_.ok();
}

}  // namespace sluice::client
