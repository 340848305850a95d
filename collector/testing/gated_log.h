// A log whose appends wait until a test lets them go on.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "collector/log/event_log.h"

namespace sluice::collector::testing {

// Everything else is the log's that it stands for. Thread-safe.
class GatedLog final : public EventLog {
 public:
  // `log` outlives it.
  explicit GatedLog(EventLog* log) : log_(log) {}

  // From now on appends wait.
  void Close();
  // Lets the appends go on that wait, and those that come.
  void Open();
  // Lets the oldest append that waits go on; waits for it to come.
  void LetOnePass();
  // Answers the oldest append that waits with `results`, storing nothing; waits for it to come.
  void AnswerOne(std::vector<AppendResult> results);
  // What another collector sent may still arrive; `on_look` is called after each look at the watermarks. Before any.
  void SetTakeover(absl::Duration delay, std::function<void()> on_look) {
    takeover_delay_ = delay;
    on_look_ = std::move(on_look);
  }
  // Appends that wait.
  size_t waiting() const;

  void Append(std::vector<PendingBatch> batches, AppendDone done) override;
  absl::StatusOr<std::vector<v1::FileWatermark>> Watermarks(std::string_view agent) override {
    auto watermarks = log_->Watermarks(agent);
    if (on_look_) on_look_();
    return watermarks;
  }
  absl::Duration TakeoverDelay() override { return takeover_delay_; }
  std::vector<std::string> Agents() override { return log_->Agents(); }
  std::vector<TopicInfo> Topics() override { return log_->Topics(); }
  std::unique_ptr<LogReader> NewReader(Position start, std::function<bool(std::string_view)> topic_matches) override {
    return log_->NewReader(start, std::move(topic_matches));
  }
  Position Begin() override { return log_->Begin(); }
  Position End() override { return log_->End(); }
  Position AtAppendTime(int64_t unix_nano) override { return log_->AtAppendTime(unix_nano); }
  std::string FormatCursor(Position position) const override { return log_->FormatCursor(position); }
  absl::StatusOr<Position> ParseCursor(std::string_view cursor) const override { return log_->ParseCursor(cursor); }
  uint64_t AddListener(std::function<void(const std::vector<StoredBatch>&)> on_append) override {
    return log_->AddListener(std::move(on_append));
  }
  void RemoveListener(uint64_t id) override { log_->RemoveListener(id); }
  absl::Status Health() override { return log_->Health(); }
  void Stop() override { log_->Stop(); }

 private:
  struct Call {
    std::vector<PendingBatch> batches;
    AppendDone done;
  };
  Call TakeOne();

  EventLog* const log_;
  absl::Duration takeover_delay_;
  std::function<void()> on_look_;
  mutable Mutex mutex_;
  CondVar came_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Call> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector::testing
