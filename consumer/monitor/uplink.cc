#include "consumer/monitor/uplink.h"

#include <utility>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "base/program.h"
#include "base/status.h"
#include "base/strings.h"
#include "consumer/monitor/pipeline.h"

namespace sluice::monitor {

Uplink::Uplink(client::Client* client, std::string_view group, std::function<void()> changed)
    : client_(client), publisher_id_(StrCat(kMonitorId, group)), changed_(std::move(changed)) {
  if (const absl::Status status = Open(); !status.ok()) {
    log::Error("monitor", "cannot publish", {{"publisher", publisher_id_}, {"reason", status}});
  }
}

// Before what its thread uses.
Uplink::~Uplink() { publisher_.reset(); }

absl::Status Uplink::Open() {
  client::PublisherOptions options;
  options.id = publisher_id_;
  options.wait_for_turn = true;
  options.source = "monitor";
  options.version = std::string(Version());
  options.on_state = [this](const client::ConnectionState& state) { OnState(state); };
  SLUICE_ASSIGN_OR_RETURN(publisher_, client_->NewPublisher(std::move(options)));
  return absl::OkStatus();
}

void Uplink::OnState(const client::ConnectionState& state) {
  using Kind = client::ConnectionState::Kind;
  {
    MutexLock lock(&mutex_);
    const bool before = my_turn_;
    my_turn_ = state.kind == Kind::kConnected;
    if (my_turn_) ++turns_;
    if (!my_turn_ && !before) return;
  }
  changed_();
}

uint64_t Uplink::turn() {
  MutexLock lock(&mutex_);
  return my_turn_ ? turns_ : 0;
}

absl::Status Uplink::Send(std::string_view topic, v1::LogRecord record, absl::Time now) {
  if (publisher_ == nullptr) return Unavailable("there is no publisher");
  const absl::Status status = publisher_->Publish(topic, std::move(record), now);
  if (status.ok()) return status;
  if (absl::IsDeadlineExceeded(status)) return ResourceExhausted(MessageOf(status));
  if (!absl::IsInvalidArgument(status)) Restart(status);
  return status;
}

absl::Status Uplink::Flush(absl::Time deadline) {
  if (publisher_ == nullptr) return Unavailable("there is no publisher");
  const absl::Status status = publisher_->Flush(deadline);
  if (!status.ok() && !absl::IsDeadlineExceeded(status)) Restart(status);
  return status;
}

void Uplink::Restart(const absl::Status& why) {
  log::Warn("monitor", "the publisher begins anew", {{"publisher", publisher_id_}, {"reason", why}});
  publisher_.reset();
  ++losses_;
  {
    MutexLock lock(&mutex_);
    my_turn_ = false;
  }
  Open().IgnoreError();  // as in the constructor, which told of it
  changed_();
}

}  // namespace sluice::monitor
