// What changes from one set of sources to another. Value in, value out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "agent/source/source.h"

namespace sluice::agent {

using SourceList = std::vector<std::shared_ptr<const Source>>;

struct SourceDiff {
  // The sources to go on with, in the order of the wanted ones: of those that are equal the running object.
  SourceList sources;
  // Running objects that go on.
  absl::flat_hash_set<const Source*> kept;
  // Wanted ones that may include files which no source included before: added ones, and those with another root or
  // other globs. What they find at first was there before them.
  absl::flat_hash_set<const Source*> fresh;
  // Names, for people.
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;

  bool empty() const { return added.empty() && removed.empty() && changed.empty() && !reordered; }
  bool reordered = false;  // the same sources in another order: files may belong to another one
};

// Sources are the same by name; of several with one name (directories of the command line) the first to the first.
SourceDiff DiffSources(const SourceList& running, const SourceList& wanted);

}  // namespace sluice::agent
