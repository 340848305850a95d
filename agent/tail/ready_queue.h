// Files that have something to read, and whose turn it is.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <vector>

#include "agent/tail/tailed_file.h"

namespace sluice::agent {

// Two queues, each in turn, a chunk a file: *live* files, which were read to their end and grew, and *backlog*, which
// has more than a chunk to read. Live ones go first, up to three quarters of the bytes while both wait: a backlog
// delays no live line for long, and live lines do not starve a backlog. Files that may not be read now are set aside,
// so that they cost nothing at each turn. One thread.
class ReadyQueue {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  // When a file may be read: `now` or earlier if at once, kNever if something has to happen first (then Reconsider).
  using AllowedAt = std::function<int64_t(TailedFile*)>;

  // Puts a file at the end of its queue, if it stands in none.
  void Push(TailedFile* file);
  // The next file that may be read; it leaves the queue. Null if there is none, or only backlog and `live_only`.
  TailedFile* Pop(int64_t now, bool live_only, const AllowedAt& allowed_at);
  // That much of a file was read: the shares of the two queues.
  void Served(bool was_live, uint64_t bytes);
  // Something happened that may let files be read that were set aside.
  void Reconsider() { reconsider_ = true; }
  void Remove(TailedFile* file);

  bool empty() const { return live_.empty() && backlog_.empty() && aside_.empty(); }
  // When a file that was set aside may be read; kNever if none can be by time alone.
  int64_t next_allowed() const { return next_allowed_; }
  void ForEach(const std::function<void(TailedFile*)>& visit) const;

 private:
  TailedFile* PopFrom(std::deque<TailedFile*>* queue, int64_t now, const AllowedAt& allowed_at);
  void TakeBack();

  std::deque<TailedFile*> live_;
  std::deque<TailedFile*> backlog_;
  std::vector<TailedFile*> aside_;
  int64_t next_allowed_ = kNever;
  bool reconsider_ = false;
  int64_t live_ahead_ = 0;  // bytes of live files beyond their share, within bounds
};

}  // namespace sluice::agent
