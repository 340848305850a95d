// The order in which the generations of a rotated file are read.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/tail/tailed_file.h"

namespace sluice::agent {

// Of each rotated file the generations that have something to be read before younger ones, oldest first:
// "app.log.2.gz", "app.log.1", "app.log". A file stands in its row from the moment that it is met, renamed or read
// again after a broken connection, until it is read to its end; its place is decided when it enters, by the names that
// it and the others have then. A copy that waits for its original is passed while that one holds the same: it is read
// from there. One thread.
class Generations {
 public:
  // Puts a file into its row, if it stands in none.
  void Enter(TailedFile* file);
  // It is read to its end, or never will be. True if it stood in a row: others may go on now.
  bool Leave(TailedFile* file);
  // All that were there when nobody had looked yet: sorts them, the oldest first, and puts them into their rows.
  void EnterAll(std::vector<TailedFile*>* files);
  // `file` was rotated away: whoever writes to it may go on for a moment.
  void Rotated(TailedFile* file);
  // What was rotated away, or read, last before `file`, and stands in no row; null if nobody knows.
  TailedFile* Before(const TailedFile& file) const;
  // It has got more since, and comes before all that stand in that row. False if it cannot.
  bool ComeBack(TailedFile* before);
  // Ends looking after a file.
  void Forget(TailedFile* file);
  // True if an older generation has to be read first.
  bool IsBehind(const TailedFile& file) const;
  // True if both are generations of one file, and by their names `a` is the older one.
  static bool IsOlderName(const TailedFile& a, const TailedFile& b);

 private:
  absl::flat_hash_map<std::string, std::vector<TailedFile*>> rows_;
  absl::flat_hash_map<std::string, TailedFile*> before_;  // by row
};

}  // namespace sluice::agent
