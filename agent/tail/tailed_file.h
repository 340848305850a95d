// One followed file: who it is, and how far it is read, sent and acknowledged.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "agent/frame/encoding.h"
#include "agent/frame/frame.h"
#include "agent/parse/line_parser.h"
#include "agent/source/source.h"
#include "agent/tail/mark.h"
#include "base/archive_file.h"
#include "base/file_system.h"
#include "sluice/v1/log.pb.h"

namespace sluice::agent {

struct GenerationRow;

// Owned by the FileTable, used by the tailer's thread.
struct TailedFile {
  // Who it is.
  std::shared_ptr<const Source> source;
  std::string path;        // that leads to it now; empty once none does
  std::string last_path;   // that led to it, while none does
  std::string first_path;  // under which it was first met: its records and its topic are named for it
  v1::FileIdentity identity;
  uint32_t incarnation = 0;  // how often it began anew since it was met
  v1::ContentHash head;      // of its first bytes, up to kHeadBytes
  std::string shared;        // EncodeSharedFields, of its batches; empty until one is begun
  std::unique_ptr<LineParser> parser;
  bool recalled = false;               // the parser knows what it needs of the lines before
  std::unique_ptr<ReadableFile> file;  // null while closed
  ArchiveFile* archive = nullptr;      // it is a compressed file: `file`, open; sizes and offsets are of what it holds
  uint64_t device = 0;                 // st_dev now; the identity may remember an older number
  uint64_t inode = 0;
  uint64_t birth_unix_nano = 0;    // of this inode; the identity of a copy is its original's
  int64_t modified_unix_nano = 0;  // when it was met
  uint64_t size_when_met = 0;      // where start_at: end begins, however long the collector is away

  // How far: acked.offset ≤ batched.offset ≤ read.offset ≤ scanned ≤ size. [acked, batched) is under way to the
  // collector, [batched, read) was left out by configuration, [read, scanned) is no whole record yet.
  Mark acked;
  uint64_t passed = 0;  // of the bytes just before acked, those that no batch covers
  Mark batched;         // the end of the last batch
  Mark read;
  uint64_t scanned = 0;
  uint64_t size = 0;        // as last seen
  uint64_t started_at = 0;  // what is before it was left out, by start_at: end
  uint32_t batches_in_flight = 0;
  bool was_sent = false;  // something of this incarnation: the collector may hold more than was acknowledged

  // Of a compressed file.
  bool is_archive = false;
  bool archive_active = false;    // one of the few that may be decoded at a time
  bool archive_given_up = false;  // its damage was counted
  uint64_t disk_size = 0;         // compressed, as last seen
  int64_t disk_modified = 0;      // nanoseconds since the epoch
  int64_t disk_changed_at = 0;    // monotonic: when that was seen

  // It may be a copy of what was read already: nothing is read of it before that is known.
  bool waiting = false;
  bool spent = false;                   // a copy, of which nothing is left to read
  uint64_t compared_size = 0;           // of an archive's original, when both were found to hold the same
  int64_t waiting_since = 0;            // monotonic
  int64_t ask_again_at = 0;             // monotonic
  TailedFile* original = nullptr;       // while that one still has the content
  TailedFile* last_original = nullptr;  // the last that held the same, whatever its name is
  bool original_emptied = false;        // that one has it no more, and has not begun anew yet

  // What the bytes before `read` tell of those behind it, and its encoding: found out with it.
  FrameState frame;
  Encoding encoding = Encoding::kUtf16;
  std::shared_ptr<const Source> framed_by;  // the source that both are of
  // With frame.inside, what was found in the record's first part, and whether that was left out: so are the others.
  uint64_t long_line_time = 0;
  v1::Severity long_line_severity = v1::SEVERITY_UNSPECIFIED;
  bool long_line_dropped = false;
  // A record of several lines at the end of the file is taken for whole at flush_at, if the file still ends at
  // flush_end.
  int64_t flush_at = 0;  // monotonic; 0: nothing waits, or what waits was waited for
  uint64_t flush_end = 0;

  uint64_t told_behind = 0;  // acknowledged, and known to be lost by the collector

  // What is going on.
  bool present_at_start = false;  // the first look at the directories found it
  bool resolved = false;          // compared with what was known of files; nothing is read before
  bool queued = false;            // stands in the queue of files to read
  bool backlog = false;           // has more than a chunk to read: live files go first
  bool released = false;          // no source includes it any more: let go once what is under way is acknowledged
  bool only_continues = false;    // no source includes its name: it is read only where it goes on for another
  bool is_stream = false;         // a pipe: there is no path, and what is closed is gone
  bool stream_open = false;       // more may come through it
  bool detached = false;          // no path of ours leads to it: it was rotated away or deleted
  bool finishing = false;         // its last line is sent even without a newline
  bool at_end = false;            // the last read reached its end
  bool refused = false;           // the collector refused a batch: it is read again from there after held_until
  bool read_failed = false;       // said once
  bool grew_unseen = false;       // somebody wrote to it while it was closed
  bool deleted = false;           // its last link is gone
  int64_t deleted_at = 0;         // monotonic: when that was seen
  bool dirty = false;             // acked has moved since the last checkpoint
  int64_t quiet_since = 0;        // monotonic: detached, or rotated and not ended, and not grown since
  int64_t held_until = 0;         // monotonic
  int64_t last_active = 0;        // monotonic
  uint64_t seen_in_scan = 0;      // the number of the last scan of the directories that met it
  uint64_t read_limit = std::numeric_limits<uint64_t>::max();  // this time it is read up to here

  // Of Generations.
  GenerationRow* row = nullptr;  // null: no other generation was ever met
  uint32_t row_place = 0;        // in it
  bool is_pending = false;       // has something to be read before younger generations

  // How long its oldest byte that is not acknowledged has been there, as far as looks at the file tell: bytes from
  // `probe_offset` on came after `probe_time`. Monotonic; 0: nothing is behind.
  int64_t behind_since = 0;
  uint64_t probe_offset = 0;
  int64_t probe_time = 0;

  // Reading goes on at `place`.
  void ReadFrom(const Mark& place) {
    read = batched = place;
    scanned = place.offset;
    frame = FrameState();
    long_line_dropped = false;
    flush_at = 0;
    flush_end = 0;
  }

  // True if a compressed file changed since it was last looked at. `now` is monotonic.
  bool DiskChanged(const FileStat& stat, int64_t now) {
    if (stat.size == disk_size && stat.modified_unix_nano == disk_modified) return false;
    disk_size = stat.size;
    disk_modified = stat.modified_unix_nano;
    disk_changed_at = now;
    finishing = false;
    return true;
  }

  bool AllAcked() const { return acked.offset == read.offset && batches_in_flight == 0; }
};

// Nothing more comes out of it, whatever it is called.
inline bool IsReadArchive(const TailedFile& file) {
  return file.is_archive && file.file == nullptr && file.resolved && file.at_end && file.AllAcked();
}

// The path that leads to it, or the last one that did.
inline const std::string& PathOf(const TailedFile& file) { return file.path.empty() ? file.last_path : file.path; }

}  // namespace sluice::agent
