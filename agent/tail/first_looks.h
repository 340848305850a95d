// Which sources have had their first look at their files, in this run or an earlier one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "agent/source/source.h"
#include "sluice/v1/checkpoint.pb.h"

namespace sluice::agent {

// What the first look finds of a source with `start_at: end` is read from its end, and nothing else. A source is known
// by the files that it may have: with another root, or other globs, it is another one. One thread.
class FirstLooks {
 public:
  // What earlier runs kept.
  void Learn(const v1::AgentCheckpoint& checkpoint);
  // False if they kept nothing of it: there was no checkpoint, or one by a version that did not know of this.
  bool learnt() const { return learnt_; }
  // An earlier run had `source`, by whatever shows it.
  void NoteEarlier(const Source& source);
  // True if an earlier run had it: what is met of it now was made since.
  bool WasEarlier(const Source& source) const;

  // The first look of `source` is over: a later run need not know more of it.
  void NoteOver(const Source& source);
  // It is added now, by a reload.
  void Forget(const Source& source);
  // Those of `sources` that are over, for the checkpoint; others are forgotten with it.
  void AddTo(v1::AgentCheckpoint* checkpoint, const std::vector<std::shared_ptr<const Source>>& sources) const;

 private:
  bool learnt_ = false;
  absl::flat_hash_set<uint64_t> earlier_;
  absl::flat_hash_set<uint64_t> over_;
};

}  // namespace sluice::agent
