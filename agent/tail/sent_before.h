// What was sent of files that have begun anew since, and is not acknowledged yet.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/tail/tailed_file.h"

namespace sluice::agent {

// A copy that holds what such a file held goes on behind what is under way. Sent again, it might be cut into other
// records, and the collector would take one that lies across what it has for a repeat. Of one connection. One thread.
class SentBefore {
 public:
  // `file` is about to begin anew.
  void Add(const TailedFile& file);
  // Whose content that was, by the file and its incarnation that a batch names. Null if nothing is under way.
  const v1::FileIdentity* Find(const TailedFile& file, uint32_t incarnation) const;
  // Up to where that content was sent. Null if nothing is under way.
  const Mark* EndOf(const v1::FileIdentity& identity) const;

  // Of that content nothing is under way up to `offset`.
  void Forget(const v1::FileIdentity& identity, uint64_t offset);
  // The connection is gone, and what was not stored with it.
  void Clear() { entries_.clear(); }

 private:
  struct Entry {
    const TailedFile* file;
    uint32_t incarnation;
    v1::FileIdentity identity;
    Mark end;
  };
  std::vector<Entry> entries_;
};

}  // namespace sluice::agent
