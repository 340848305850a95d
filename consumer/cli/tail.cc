#include "consumer/cli/tail.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace sluice::cli {
namespace {

std::string_view ReasonName(v1::OmittedReason reason) {
  switch (reason) {
    case v1::OMITTED_REASON_RETENTION:
      return "retention";
    case v1::OMITTED_REASON_CORRUPTION:
      return "corruption";
    default:
      return "unknown";
  }
}

void ReportOmitted(const v1::Omitted& omitted) {
  if (omitted.records() > 0) {
    log::Warn("tail", "records were left out",
              {{"records", omitted.records()},
               {"reason", ReasonName(omitted.reason())},
               {"topic", omitted.topic()},
               {"detail", omitted.detail()}});
  } else {
    log::Warn("tail", "records were left out, nobody knows how many",
              {{"reason", ReasonName(omitted.reason())}, {"topic", omitted.topic()}, {"detail", omitted.detail()}});
  }
}

// False if nothing more can be written.
bool WriteBatch(const client::Batch& batch, RecordFormat* format, Output* output) {
  format->BeginBatch(batch);
  for (const client::RecordView& record : batch.records()) {
    format->Append(record, output->buffer());
    if (!output->FlushIfLarge()) return false;
  }
  return true;
}

}  // namespace

absl::Status Tail(client::Subscription* subscription, RecordFormat* format, Output* output, bool group) {
  while (const client::Event* event = subscription->Next()) {
    bool writable = true;
    if (const client::Batch* batch = event->batch(); batch != nullptr) {
      writable = WriteBatch(*batch, format, output);
    } else if (const v1::Omitted* omitted = event->omitted(); omitted != nullptr) {
      writable = output->Flush();  // the word comes where the records are missing
      ReportOmitted(*omitted);
    }
    if (writable && (group || !subscription->Ready())) writable = output->Flush();
    if (!writable) return output->status();
  }
  output->Flush();
  if (!output->status().ok()) return output->status();
  return absl::IsCancelled(subscription->status()) ? absl::OkStatus() : subscription->status();
}

std::function<void(const client::ConnectionState&)> ConnectionReporter(std::string collector) {
  return [collector = std::move(collector), lost = false](const client::ConnectionState& state) mutable {
    using Kind = client::ConnectionState::Kind;
    if (state.kind == Kind::kLost && !lost) {
      lost = true;
      log::Warn("client", "no connection to the collector; trying again",
                {{"collector", collector}, {"reason", MessageOf(state.reason)}});
    } else if (state.kind == Kind::kConnected && lost) {
      lost = false;
      log::Info("client", "connected again", {{"collector", collector}});
    }
  };
}

}  // namespace sluice::cli
