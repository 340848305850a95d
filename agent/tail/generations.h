// The order in which the generations of a rotated file are read.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/tail/file_table.h"
#include "agent/tail/tailed_file.h"

namespace sluice::agent {

// Of each rotated file the generations, oldest first: "app.log.2.gz", "app.log.1", "app.log". Of them those are pending
// that have something to be read before younger ones: from the moment that a file is met, renamed or read again after a
// broken connection, until it is read to its end.
//
// Files with a name stand in the order of their names, as they are when somebody asks: so all that is known to have
// happened to the names has to be told before. One that has lost its name keeps its place: before what was met later.
// A copy that waits for its original is passed while that one holds the same: it is read from there. One thread.
class Generations {
 public:
  explicit Generations(const FileTable* table) : table_(table) {}
  Generations(const Generations&) = delete;
  Generations& operator=(const Generations&) = delete;

  // `file` has something to be read before younger ones.
  void Enter(TailedFile* file);
  // It is read to its end, or never will be. True if others may go on now.
  bool Leave(TailedFile* file);
  // `file` is a copy of what `live` holds or held, in another directory: it stands among that one's generations.
  void JoinRowOf(TailedFile* live, TailedFile* file);
  // A file of that path is known, though it may not be there at the moment: others may be its generations.
  void NoteLive(const std::string& path);
  // `file` had that path before: if both are names of generations of one file, it was rotated.
  void NoteRotated(const TailedFile& file, const std::string& old_path);
  // It has another name now, or none; `last_path` is the one before.
  void Renamed(TailedFile* file);
  // Ends looking after a file.
  void Forget(TailedFile* file);

  // True if files came, went or got other names since this was asked: who is behind whom may have changed.
  bool HasNewOrder() { return std::exchange(has_new_order_, false); }
  // True if an older generation has to be read first.
  bool IsBehind(const TailedFile& file);
  // The plain files before `file` to which somebody may have written after they were read to their ends: those that are
  // just before it, up to the first one that holds something.
  std::vector<TailedFile*> JustBefore(const TailedFile& file);
  // True if a younger generation holds something.
  bool IsBeforeContent(const TailedFile& file);
  // The oldest first; those of which no other generation is known in no order.
  void Sort(std::vector<TailedFile*>* files);
  // True if both stand in one row, and by their names `a` is the older one.
  static bool IsOlderName(const TailedFile& a, const TailedFile& b);

 private:
  void Join(TailedFile* file);
  GenerationRow* RowNamed(const std::string& name);
  void Put(TailedFile* file, GenerationRow* row);
  void Unsort(GenerationRow* row);
  static void SortRow(GenerationRow* row);

  const FileTable* const table_;
  // By what the names of a file's generations have in common. A file of which no other generation was ever met is in
  // none.
  absl::flat_hash_map<std::string, std::unique_ptr<GenerationRow>> rows_;
  bool has_new_order_ = false;
};

// The generations of one file.
struct GenerationRow {
  std::string name;
  std::vector<TailedFile*> files;  // oldest first, if it is sorted
  bool is_sorted = true;
  // They are generations for sure. Names like "worker-2.log" are other files' if nothing is there but such.
  bool is_told = false;
  size_t pending = 0;        // how many are
  size_t first_pending = 0;  // none before that place is
};

}  // namespace sluice::agent
