#include "agent/tail/file_notices.h"

#include <utility>

#include "base/log.h"

namespace sluice::agent {

void FileNotices::Lose(const TailedFile& file, const v1::FileIdentity& identity, LossReason reason, uint64_t bytes,
                       std::string_view message) {
  if (bytes == 0) return;
  metrics_->CountLoss(reason, bytes);
  if (!message.empty()) {
    log::Warn("tail", message, {{"path", file.first_path}, {"reason", LossReasonName(reason)}, {"bytes_lost", bytes}});
  }
  if (events_ == nullptr || file.source->options().internal) return;
  FileEvent event;
  event.kind = FileEvent::Kind::kGap;
  event.path = file.first_path;
  event.source = file.source->options().name;
  event.reason = LossReasonName(reason);
  event.file = identity;
  event.bytes = bytes;
  events_->OnFileEvent(event);
}

void FileNotices::Tell(FileEvent::Kind kind, const TailedFile& file, uint64_t bytes, std::string old_path) {
  if (events_ == nullptr || file.source->options().internal) return;
  FileEvent event;
  event.kind = kind;
  event.path = PathOf(file);
  event.old_path = std::move(old_path);
  event.source = file.source->options().name;
  event.file = file.identity;
  event.bytes = bytes;
  events_->OnFileEvent(event);
}

void FileNotices::TellCollectorBehind(uint64_t files, uint64_t bytes) {
  metrics_->collector_behind_bytes.Increment(static_cast<double>(bytes));
  log::Warn("tail",
            "the collector does not hold what it had acknowledged; nothing is sent again. To send again what is still "
            "on disk, stop the agent and remove its checkpoints",
            {{"files", files}, {"bytes", bytes}});
  if (events_ == nullptr) return;
  FileEvent event;
  event.kind = FileEvent::Kind::kCollectorBehind;
  event.reason = "the collector's data was lost or set back";
  event.files = files;
  event.bytes = bytes;
  events_->OnFileEvent(event);
}

}  // namespace sluice::agent
