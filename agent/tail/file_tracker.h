// Which files are followed: finds out who each one is, keeps it through renames, and lets it go when it is finished.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/limits/read_limiter.h"
#include "agent/metrics/agent_metrics.h"
#include "agent/tail/copy_finder.h"
#include "agent/tail/decoding_slots.h"
#include "agent/tail/file_events.h"
#include "agent/tail/file_listener.h"
#include "agent/tail/file_memory.h"
#include "agent/tail/file_notices.h"
#include "agent/tail/file_report.h"
#include "agent/tail/file_table.h"
#include "agent/tail/first_looks.h"
#include "agent/tail/generations.h"
#include "agent/tail/open_files.h"
#include "agent/tail/ready_queue.h"
#include "agent/tail/sent_before.h"
#include "agent/tail/tailed_file.h"
#include "agent/tail/unreadable_paths.h"
#include "base/clock.h"
#include "base/file_system.h"

namespace sluice::agent {

// Identity is not the path: a file is followed by its inode and its content wherever it is moved, and what appears
// under its old path is another file. One thread.
class FileTracker final : public FileListener {
 public:
  struct Options {
    std::string agent;
    std::string host;
    // The source that includes a path; null if none does.
    std::function<std::shared_ptr<const Source>(const std::string&)> source_of;
    // All of them.
    std::function<const std::vector<std::shared_ptr<const Source>>&()> sources;
    size_t open_files_max = 1000;  // more idle files than that are closed, and opened again when they change
    // A file that has not changed for so long is closed, and opened again when it changes.
    absl::Duration close_idle = absl::InfiniteDuration();
    const ReadLimiter* limiter = nullptr;  // null: no limits
    // How long a file that no path leads to must have been quiet before it is taken for finished.
    absl::Duration quiet_after_delete = absl::Seconds(1);
    absl::Duration quiet_after_move = absl::Seconds(5);
    // Deleted files are held open until they are read, at most so long, and of all together so many bytes on disk.
    absl::Duration deleted_keep_open = absl::Hours(24);
    uint64_t deleted_bytes_max = uint64_t{10} << 30;
    // A compressed file that ends in the middle is taken for damaged when nobody wrote to it for so long.
    absl::Duration archive_patience = absl::Minutes(1);
  };

  // `events` may be null: nobody keeps a record.
  FileTracker(Options options, FileSystem* file_system, const Clock* clock, AgentMetrics* metrics, FileEvents* events);

  // What was known before: from the checkpoint, and from the collector.
  void Learn(const v1::FileWatermark& watermark) { memory_.Learn(watermark); }
  void Learn(const v1::AgentCheckpoint& checkpoint);
  // From now on files are compared with what was learnt, and read. Before, they are only held open.
  void StartReading();
  bool reading() const { return reading_; }

  void OnAppeared(const std::shared_ptr<const Source>& source, const std::string& path) override;
  void OnModified(const std::string& path) override;
  void OnVanished(const std::string& path) override;
  void OnDirectoryVanished(const std::string& directory) override;
  void OnListed(const std::string& directory, const absl::Status& status) override;
  void OnScanBegin() override;
  void OnScanEnd() override;

  // A pipe, read as a file of that name that is met now. Owned by the tracker's table.
  TailedFile* FollowStream(const std::shared_ptr<const Source>& source, const std::string& name,
                           std::unique_ptr<ReadableFile> file, const FileStat& stat);
  // For a run that comes to an end: last lines without newline are sent, too. True if everything that can be read is
  // read and acknowledged.
  bool FinishAll();

  // The next file that may be read now, open; null if there is none, or none that is live if `live_only`. It leaves the
  // queue.
  TailedFile* PopReady(bool live_only);
  // That much of `file` was read; `at_end` if it was all that is there.
  void WasRead(TailedFile* file, uint64_t bytes, bool at_end);
  // Puts a file at the end of the queue, if it is not in it.
  void MarkReady(TailedFile* file);
  bool HasReady() const { return !ready_.empty(); }
  // When a file that is held back may be read; INT64_MAX if none is. Monotonic.
  int64_t NextHeld() const { return ready_.next_allowed(); }

  // The sources are others now, and `source_of` tells of the new ones. Files whose source is in `kept` stay as they
  // are; others go on at their offsets under the source that includes them; files that none includes any more are let
  // go once what is under way is acknowledged, and remembered. What is found first of a source in `fresh` was there
  // before it.
  void OnSourcesChanged(const absl::flat_hash_set<const Source*>& kept,
                        const absl::flat_hash_set<const Source*>& fresh);
  // The limits are others now.
  void OnLimitsChanged() { ready_.Reconsider(); }
  // Gives back what only files that are read need.
  void Trim();
  void SetCloseIdle(absl::Duration close_idle) { options_.close_idle = close_idle; }

  // The content of `file` is not what was read before: it begins anew as another generation.
  void Restart(TailedFile* file);
  // Goes back to what was acknowledged, to read it again.
  void Rewind(TailedFile* file);
  // The collector is further along than was known.
  void Advance(TailedFile* file, const v1::FileWatermark& watermark);
  // True if a copy of what `file` held is at hand, from which the rest is read when it was emptied.
  bool IsCopied(const TailedFile& file);
  // What the collector does not hold of files of which it had acknowledged more. Call it with all watermarks learnt.
  void CompareWith(const std::vector<v1::FileWatermark>& watermarks);
  // A read of `file` failed.
  void ReadFailed(TailedFile* file, const absl::Status& status);

  // Looks after files that no path leads to, which are read on and let go when they are finished; after those that no
  // source includes any more; and after those of which it is not known yet whether they are copies. When to call again,
  // monotonic; INT64_MAX if there is none.
  int64_t Tend();
  // The agent ends: what was not read of deleted files is lost, and counted.
  void GiveUpDeleted();

  // Adds the progress of all files, also of those that are gone.
  void Progress(v1::AgentCheckpoint* checkpoint);
  // True if something was acknowledged since the last Progress.
  bool HasProgress() const { return has_progress_ || memory_.HasNewCopies(); }
  // A batch of `file` was acknowledged.
  void Acknowledge(TailedFile* file, const Mark& end);
  // The same of what it held before it began anew, in that incarnation.
  void AcknowledgeBefore(const TailedFile& file, uint32_t incarnation, const Mark& end);
  // The copy that goes on with what it held then; null if none does. What is under way of that is refused.
  TailedFile* RefuseBefore(const TailedFile& file, uint32_t incarnation);
  // Nothing is under way any more: the connection is gone.
  void Disconnected() { sent_before_.Clear(); }
  // Moves on over what was left out by configuration behind the last batch, once all batches are acknowledged.
  void PassDropped(TailedFile* file);
  void UpdateGauges();
  // The followed files, for people; lags are those of the last UpdateGauges.
  v1::AgentFiles Report() const { return ReportFiles(table_, unreadable_.paths(), clock_->MonotonicNanos()); }

  // Tells of losses.
  FileNotices& notices() { return notices_; }
  const FileTable& table() const { return table_; }
  FileMemory& memory() { return memory_; }

 private:
  using Origin = CopyFinder::Origin;

  void Follow(const std::shared_ptr<const Source>& source, const std::string& path, TailedFile* displaced);
  void FinishFirst(TailedFile* file);
  void LetOthersPass(TailedFile* file);
  bool IsNext(TailedFile* file);
  void MetAgain(TailedFile* file, const FileStat& stat, const std::string& path);
  void Detach(TailedFile* file);
  void ResolveMet();
  void Resolve(TailedFile* file);
  void LeaveToHolder(const FileStat& stat, Resumption* resumption);
  void Begin(TailedFile* file, const FileStat& stat, const Resumption& resumption);
  void StartNew(TailedFile* file, const FileStat& stat);
  void FindRotatedAway();
  void FindArchived(const std::vector<std::string>& archives, const std::vector<const v1::FileWatermark*>& known);
  bool IsGone(const v1::FileWatermark& known);
  void FollowAside(const v1::FileWatermark& known, const std::string& path);
  void LookForCopies(const TailedFile& file);
  std::vector<std::string> ListOlder(const std::string& directory, const TailedFile& file,
                                     std::vector<std::pair<uint64_t, std::string>>* older);
  void AskCopiesOf(const TailedFile& file);
  uint64_t HeldByCopies(const TailedFile& file);
  void LookAtSize(TailedFile* file);
  void LookAnew(TailedFile* file);
  void BeginAnew(TailedFile* file);
  void MeetAnew(TailedFile* file);
  bool IsStillCopy(TailedFile* file);
  void LookAtGrowth(TailedFile* file);
  void EnsureShared(TailedFile* file) const;
  void MarkDirty(TailedFile* file);

  void AskOlderCopies(const TailedFile& younger);
  void RestartEmptied();
  void HoldBack(TailedFile* file, Origin origin);
  int64_t TendWaiting(int64_t now);

  int64_t AllowedAt(TailedFile* file, int64_t now);
  bool IsComparable(TailedFile* file, const FileStat& stat);
  bool MayDecode(TailedFile* file);
  void GoTo(TailedFile* file, const Mark& place);
  void ReachedEnd(TailedFile* file);
  void EndArchive(TailedFile* file);
  int64_t TendArchives(int64_t now);
  void Adopt(TailedFile* file, const std::shared_ptr<const Source>& source);
  void NoteEarlierSources();
  void AddFirstLooks(v1::AgentCheckpoint* checkpoint);
  void TendReleased();
  bool TendOne(TailedFile* file, int64_t now);
  int64_t TendRotated(int64_t now);
  void NoteUnended(TailedFile* file);
  void NoteGrowth(TailedFile* file);
  bool NoteDeleted(TailedFile* file, int64_t now);
  void GiveUp(TailedFile* file, std::string_view message);
  void BoundDeleted(int64_t now);
  void LetGo(TailedFile* file);
  void Remember(const TailedFile& file, bool finished = false);

  Options options_;
  FileSystem* const file_system_;
  const Clock* const clock_;
  AgentMetrics* const metrics_;
  FileNotices notices_;

  FileTable table_;
  FileMemory memory_;
  SentBefore sent_before_;
  ReadyQueue ready_;
  Generations generations_;
  OpenFiles open_files_;
  CopyFinder copies_;
  std::vector<TailedFile*> met_;  // of which nobody has asked yet who they are
  std::vector<TailedFile*> detached_;
  std::vector<TailedFile*> waiting_;     // to be known for copies or not
  std::vector<TailedFile*> unfinished_;  // compressed files that end in the middle
  std::vector<TailedFile*> unended_;     // rotated files that end inside of a line
  DecodingSlots slots_;
  std::vector<TailedFile*> released_;
  absl::flat_hash_set<const Source*> fresh_;  // sources that no scan has looked at yet
  FirstLooks first_looks_;
  UnreadablePaths unreadable_;
  uint64_t scan_ = 0;
  bool first_scan_done_ = false;
  bool reading_ = false;
  bool has_progress_ = false;
};

}  // namespace sluice::agent
