#include "collector/ingest/push_session.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/ingest/push_envelope.h"
#include "collector/ingest/welcome.h"

namespace sluice::collector {
namespace {

// At an agent's watermarks, while they grow by what another collector sent.
constexpr int kLooksMax = 20;

std::string CodeName(absl::StatusCode code) { return absl::AsciiStrToLower(absl::StatusCodeToString(code)); }

absl::Status Stopping() { return Unavailable("the collector is stopping; connect again"); }

}  // namespace

PushSession::PushSession(const IngestContext* context, PushSink* sink, std::string peer)
    : context_(context),
      peer_(std::move(peer)),
      sink_(sink),
      holds_(context->limits.held_files),
      refusals_(context->dead_letters, context->limits.held_files) {}

void PushSession::Start() {
  MutexLock lock(&mutex_);
  if (finished_) return;
  absl::Duration timeout = context_->limits.hello_timeout;
  hello_timer_ = context_->executor->RunAfter(timeout, [weak = weak_from_this(), timeout] {
    if (auto self = weak.lock()) {
      self->Fail(absl::DeadlineExceededError(StrCat("no hello within ", absl::FormatDuration(timeout))));
    }
  });
  reading_ = true;
  sink_->Read();
}

void PushSession::OnMessage(SharedBytes message) {
  Phase phase;
  std::string agent;
  {
    MutexLock lock(&mutex_);
    phase = phase_;
    agent = agent_;
  }
  absl::StatusOr<PushEnvelope> envelope = ParsePushEnvelope(message.view());
  if (!envelope.ok()) {
    Fail(envelope.status());
  } else if (phase == Phase::kHello) {
    HandleHello(*envelope);
  } else {
    HandleBatches(*envelope, message, agent);
  }
  // Only now: two messages must not overtake each other on their way to the log.
  {
    MutexLock lock(&mutex_);
    reading_ = false;
    ReadNext();
  }
  Settle();
}

void PushSession::HandleHello(const PushEnvelope& envelope) {
  if (!envelope.hello.has_value()) {
    return Fail(FailedPrecondition("the first message of the stream has to be a hello"));
  }
  if (envelope.status.has_value() || !envelope.batches.empty() || envelope.sequence != 0) {
    return Fail(InvalidArgument("hello has to come alone: send status and batches after the welcome"));
  }
  v1::Hello hello;
  if (!hello.ParseFromArray(envelope.hello->data(), static_cast<int>(envelope.hello->size()))) {
    return Fail(InvalidArgument("hello is malformed or has text that is not UTF-8"));
  }
  {
    MutexLock lock(&mutex_);
    if (finished_) return;
    phase_ = Phase::kClaiming;
    agent_ = hello.agent();
    context_->executor->Cancel(hello_timer_);
  }
  absl::Status status =
      context_->sessions->Open(hello, peer_, shared_from_this(), [self = shared_from_this()] { self->OnGranted(); });
  if (!status.ok()) return Fail(status);
  {
    MutexLock lock(&mutex_);
    claimed_ = true;
  }
  log::Info("ingest", "agent connected",
            {{"agent", hello.agent()}, {"peer", peer_}, {"host", hello.host()}, {"version", hello.version()}});
  Settle();
}

// On whatever thread released the stream before this one.
void PushSession::OnGranted() {
  context_->executor->Run([self = shared_from_this()] { self->SendWelcome(); });
}

void PushSession::SendWelcome() {
  std::string agent;
  {
    MutexLock lock(&mutex_);
    if (finished_) return;
    agent = agent_;
  }
  absl::StatusOr<std::vector<v1::FileWatermark>> files = context_->log->Watermarks(agent);
  if (!files.ok()) return Fail(Annotate(files.status(), "read the watermarks"));
  if (AwaitOthers(*files)) return;
  MutexLock lock(&mutex_);
  if (finished_) return;
  phase_ = Phase::kStreaming;
  welcomes_ = MakeWelcomes(*std::move(files), context_->limits.welcome_files, context_->limits.message_bytes);
  WriteNext();
  ReadNext();
}

bool PushSession::AwaitOthers(const std::vector<v1::FileWatermark>& files) {
  const absl::Duration delay = context_->log->TakeoverDelay();
  if (delay == absl::ZeroDuration()) return false;
  std::string look;
  for (const v1::FileWatermark& file : files) look += file.SerializeAsString();
  MutexLock lock(&mutex_);
  if (finished_ || (looks_ > 0 && look == last_look_) || looks_ == kLooksMax) return false;
  ++looks_;
  last_look_ = std::move(look);
  context_->executor->RunAfter(delay, [self = shared_from_this()] { self->SendWelcome(); });
  return true;
}

absl::Status PushSession::HandleStatus(const PushEnvelope& envelope, const std::string& agent) {
  if (!envelope.status.has_value()) return absl::OkStatus();
  if (envelope.status->size() > context_->limits.status_bytes) {
    return InvalidArgument("status has ", envelope.status->size(), " bytes: allowed are ",
                           context_->limits.status_bytes);
  }
  v1::AgentStatus status;
  if (!status.ParseFromArray(envelope.status->data(), static_cast<int>(envelope.status->size()))) {
    return InvalidArgument("status is malformed or has text that is not UTF-8");
  }
  context_->sessions->RecordStatus(agent, status);
  return absl::OkStatus();
}

absl::Status PushSession::CheckSequence(const PushEnvelope& envelope) {
  MutexLock lock(&mutex_);
  if (envelope.hello.has_value()) return InvalidArgument("hello came a second time");
  uint64_t expected = envelope.batches.empty() ? 0 : last_sequence_ + 1;
  if (envelope.sequence == expected) return absl::OkStatus();
  return InvalidArgument("sequence is ", envelope.sequence, ", expected ", expected,
                         envelope.batches.empty() ? " in a message without batches" : "");
}

void PushSession::HandleBatches(const PushEnvelope& envelope, const SharedBytes& bytes, const std::string& agent) {
  if (absl::Status status = CheckSequence(envelope); !status.ok()) return Fail(status);
  if (absl::Status status = HandleStatus(envelope, agent); !status.ok()) return Fail(status);
  context_->sessions->Seen(agent);
  if (envelope.batches.empty()) return;
  absl::StatusOr<std::vector<IngestBatch>> batches = ReadBatches(envelope, bytes, agent, context_->router);
  if (batches.ok()) batches = Prepare(*std::move(batches));
  if (!batches.ok()) return Fail(Annotate(batches.status(), StrCat("message ", envelope.sequence)));

  auto message = std::make_shared<PendingMessage>();
  message->sequence = envelope.sequence;
  message->bytes = bytes.size();
  for (const IngestBatch& batch : *batches) message->bytes += batch.parts_bytes();
  message->taken_monotonic_nano = context_->clock->MonotonicNanos();
  std::vector<PendingBatch> admitted;
  {
    MutexLock lock(&mutex_);
    if (finished_ || draining_.has_value()) return;  // not taken: the agent sends it again on its next stream
    last_sequence_ = envelope.sequence;
    acks_.Add(envelope.sequence);
    admitted = Admit(*std::move(batches), message.get());
    if (holds_.overflowed()) return FinishOverflowed();
    // From here on Release waits for OnAppended.
    ++appends_;
    pending_bytes_ += message->bytes;
  }
  context_->budget->Take(message->bytes);
  context_->metrics->ingest_pending_bytes.Increment(static_cast<double>(message->bytes));
  if (admitted.empty()) return OnAppended(message, {});
  context_->log->Append(std::move(admitted),
                        [self = shared_from_this(), message](const std::vector<AppendResult>& results) {
                          self->OnAppended(message, results);
                        });
}

absl::StatusOr<std::vector<IngestBatch>> PushSession::Prepare(std::vector<IngestBatch> batches) {
  MutexLock lock(&mutex_);
  if (refusals_.empty()) return batches;
  std::vector<IngestBatch> prepared;
  for (IngestBatch& batch : batches) {
    SLUICE_ASSIGN_OR_RETURN(std::vector<IngestBatch> pieces, refusals_.Prepare(std::move(batch), context_->router));
    std::move(pieces.begin(), pieces.end(), std::back_inserter(prepared));
  }
  return prepared;
}

std::vector<PendingBatch> PushSession::Admit(std::vector<IngestBatch> batches, PendingMessage* message) {
  std::vector<PendingBatch> admitted;
  admitted.reserve(batches.size());
  for (IngestBatch& batch : batches) {
    if (absl::Status held = holds_.Admit(batch.pending); !held.ok()) {
      message->Reject(batch, held, context_->metrics);
      continue;
    }
    admitted.push_back(batch.pending);
    message->appended.push_back(std::move(batch));
  }
  return admitted;
}

// On a thread of the log.
void PushSession::OnAppended(const std::shared_ptr<PendingMessage>& message, const std::vector<AppendResult>& results) {
  const int64_t took = context_->clock->MonotonicNanos() - message->taken_monotonic_nano;
  if (!results.empty()) context_->metrics->append_seconds.Observe(static_cast<double>(took) / 1e9);
  if (uint64_t stored = CountResults(*message, results, context_->metrics); stored != 0) {
    context_->sessions->RecordStored(message->appended.front().pending.view.agent, stored);
  }
  {
    MutexLock lock(&mutex_);
    --appends_;
    pending_bytes_ -= message->bytes;
    if (NoteResults(results, message.get())) {
      acks_.Complete(message->sequence, std::move(message->rejections));
      ScheduleWrite();
      ReadNext();
    }
  }
  context_->budget->Give(message->bytes);
  context_->metrics->ingest_pending_bytes.Decrement(static_cast<double>(message->bytes));
  Settle();
}

bool PushSession::NoteResults(const std::vector<AppendResult>& results, PendingMessage* message) {
  for (size_t i = 0; i < results.size(); ++i) {
    const IngestBatch& batch = message->appended[i];
    // Unavailable: the log stops, and has neither stored nor refused it. The agent sends it again to whoever comes.
    if (absl::IsUnavailable(results[i].rejection)) {
      Finish(Stopping());
      return false;
    }
    absl::Status rejection;
    if (results[i].outcome == AppendResult::Outcome::kRejected) {
      rejection = refusals_.Note(batch, results[i].rejection);
      message->Reject(batch, rejection, context_->metrics);
    } else if (!refusals_.empty()) {
      refusals_.Stored(batch);
    }
    holds_.Resolve(batch.pending, rejection);
  }
  if (holds_.overflowed()) FinishOverflowed();
  return !holds_.overflowed();
}

void PushSession::FinishOverflowed() {
  Finish(ResourceExhausted("batches of more than ", holds_.size(), " files were rejected on this stream"));
}

// A write may reach the socket on the thread that starts it: not on the log's.
void PushSession::ScheduleWrite() {
  if (write_scheduled_ || writing_ || finished_) return;
  write_scheduled_ = true;
  context_->executor->Run([self = shared_from_this()] {
    {
      MutexLock lock(&self->mutex_);
      self->write_scheduled_ = false;
      self->WriteNext();
      self->ReadNext();
    }
    self->Settle();
  });
}

void PushSession::WriteNext() {
  if (writing_ || finished_) return;
  if (!welcomes_.empty()) {
    writing_ = true;
    sink_->Write(welcomes_.front());
    welcomes_.pop_front();
  } else if (acks_.ready()) {
    writing_ = true;
    v1::PushResponse response;
    *response.mutable_ack() = acks_.Take();
    sink_->Write(response);
  } else if (draining_.has_value() && acks_.pending() == 0) {
    Finish(*draining_);
  }
}

void PushSession::ReadNext() {
  const IngestLimits& limits = context_->limits;
  if (phase_ != Phase::kStreaming || reading_ || waiting_for_budget_ || finished_ || draining_.has_value()) return;
  // Both end with a call of OnAppended or OnWritten, and these come back here.
  if (pending_bytes_ >= limits.stream_pending_bytes) return;
  if (acks_.unsent_rejections() >= limits.unsent_rejections) return;
  bool room = context_->budget->HasRoomOrWait([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->Resume();
  });
  if (!room) {
    waiting_for_budget_ = true;
    return;
  }
  reading_ = true;
  sink_->Read();
}

void PushSession::Resume() {
  MutexLock lock(&mutex_);
  waiting_for_budget_ = false;
  ReadNext();
}

void PushSession::OnReadEnd() { Drain(absl::OkStatus()); }

void PushSession::Stop() { Drain(Stopping()); }

void PushSession::Drain(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    if (!draining_.has_value()) draining_ = status;
    if (phase_ == Phase::kStreaming) {
      WriteNext();
    } else {
      Finish(status);
    }
  }
  Settle();
}

void PushSession::OnWritten(bool ok) {
  {
    MutexLock lock(&mutex_);
    writing_ = false;
    if (ok) {
      WriteNext();
      ReadNext();
    } else {
      Finish(absl::CancelledError("the connection broke"));
    }
  }
  Settle();
}

void PushSession::OnCancelled() { Fail(absl::CancelledError("the agent went away")); }

void PushSession::TakenOver() { Fail(absl::AbortedError("a newer stream of this agent took over")); }

void PushSession::Fail(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    Finish(status);
  }
  Settle();
}

void PushSession::Finish(const absl::Status& status) {
  if (finished_) return;
  finished_ = true;
  context_->executor->Cancel(hello_timer_);
  welcomes_.clear();
  if (!status.ok()) context_->metrics->CountStreamError(CodeName(status.code()));
  log::Info("ingest", "stream ended", {{"agent", agent_}, {"peer", peer_}, {"status", status}});
  sink_->Finish(status);
}

void PushSession::Settle() {
  std::string agent;
  bool disconnect = false;
  bool release = false;
  {
    MutexLock lock(&mutex_);
    if (!claimed_ || !finished_) return;
    disconnect = !std::exchange(disconnected_, true);
    release = appends_ == 0 && !std::exchange(released_, true);
    agent = agent_;
  }
  if (disconnect) context_->sessions->Disconnect(agent, this);
  if (release) context_->sessions->Release(agent, this);
}

}  // namespace sluice::collector
