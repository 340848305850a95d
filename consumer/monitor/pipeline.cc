#include "consumer/monitor/pipeline.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::monitor {
namespace {

// As records say times; 0 for those before 1970.
uint64_t NanosOf(absl::Time time) { return static_cast<uint64_t>(std::max<int64_t>(0, absl::ToUnixNanos(time))); }

}  // namespace

Pipeline::Pipeline(Options options, std::vector<Stage*> stages, StateStore* store)
    : options_(std::move(options)),
      agent_(StrCat(kMonitorAgent, options_.group)),
      stages_(std::move(stages)),
      store_(store) {}

absl::Status Pipeline::Load() {
  SLUICE_ASSIGN_OR_RETURN(state_, store_->ReadState());
  committed_cursor_ = state_.cursor();
  if (state_.newest_unix_nano() != 0) {
    newest_ = absl::FromUnixNanos(static_cast<int64_t>(state_.newest_unix_nano()));
    watermark_ = newest_ - options_.lateness;
  }
  outbox_.set_next(std::max<OutboxNumber>(1, state_.next_entry()));
  SLUICE_RETURN_IF_ERROR(store_->ForEachEntry(
      [this](OutboxNumber number, v1::MonitorOutboxEntry entry) { return outbox_.Load(number, std::move(entry)); }));
  for (Stage* const stage : stages_) {
    SLUICE_RETURN_IF_ERROR(Annotate(stage->Load(*store_->SourceOf(stage->name())), StrCat("state of ", stage->name())));
  }
  return absl::OkStatus();
}

void Pipeline::TakeBatch(const client::Batch& batch, const std::string& cursor, absl::Time now) {
  state_.set_cursor(cursor);
  if (batch.agent().starts_with(kMonitorAgent)) {
    if (batch.agent() != agent_) return;
    for (const client::RecordView& record : batch.records()) {
      for (const client::StringMapView::Entry& attribute : record.attributes()) {
        if (attribute.key == "id") outbox_.SeeInLog(batch.topic(), attribute.value);
      }
    }
    return;
  }
  records_of_batch_.clear();
  const uint64_t bound = NanosOf(now + options_.lateness);
  uint64_t newest = NanosOf(newest_);
  for (const client::RecordView& record : batch.records()) {
    records_of_batch_.push_back(record);
    const uint64_t time = record.time_unix_nano();
    if (time > bound) {
      ++ahead_;
    } else if (time > newest) {
      newest = time;
    }
  }
  if (newest > NanosOf(newest_)) newest_ = absl::FromUnixNanos(static_cast<int64_t>(newest));
  records_ += records_of_batch_.size();
  const Input input = {.batch = batch, .records = records_of_batch_, .newest = newest_};
  for (Stage* const stage : stages_) stage->Observe(input, &outbox_);
  watermark_ = std::max(watermark_, newest_ - options_.lateness);
  if (watermark_ == absl::InfinitePast()) return;
  for (Stage* const stage : stages_) stage->Advance(watermark_, &outbox_);
}

void Pipeline::Tick(absl::Time now) {
  watermark_ = std::max(watermark_, now - options_.lateness);
  for (Stage* const stage : stages_) {
    stage->Advance(watermark_, &outbox_);
    stage->Tick(now, &outbox_);
  }
}

absl::Status Pipeline::WriteCommit() {
  Commit commit;
  for (Stage* const stage : stages_) stage->Save(commit.SinkOf(stage->name()));
  outbox_.Save(&commit);
  if (commit.empty() && state_.cursor() == committed_cursor_) return absl::OkStatus();
  if (newest_ != absl::InfinitePast()) state_.set_newest_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(newest_)));
  state_.set_next_entry(outbox_.next());
  commit.SetState(state_);
  SLUICE_RETURN_IF_ERROR(store_->Write(commit));
  committed_cursor_ = state_.cursor();
  return absl::OkStatus();
}

}  // namespace sluice::monitor
