#include "agent/tail/first_looks.h"

#include <string>

#include "base/hash.h"

namespace sluice::agent {
namespace {

// Of what tells which files a source may have; no path and no glob holds a NUL.
uint64_t FilesOf(const Source& source) {
  const SourceOptions& options = source.options();
  std::string files = options.root;
  for (const auto* globs : {&options.include, &options.exclude}) {
    files += '\0';
    for (const std::string& glob : *globs) files.append(1, '\0').append(glob);
  }
  return Xxh3(files);
}

}  // namespace

void FirstLooks::Learn(const v1::AgentCheckpoint& checkpoint) {
  learnt_ = checkpoint.has_first_looks();
  for (const uint64_t files : checkpoint.first_looks().over()) {
    earlier_.insert(files);
    over_.insert(files);
  }
}

void FirstLooks::NoteEarlier(const Source& source) {
  earlier_.insert(FilesOf(source));
  over_.insert(FilesOf(source));
}

bool FirstLooks::WasEarlier(const Source& source) const { return earlier_.contains(FilesOf(source)); }

void FirstLooks::NoteOver(const Source& source) { over_.insert(FilesOf(source)); }

void FirstLooks::Forget(const Source& source) {
  earlier_.erase(FilesOf(source));
  over_.erase(FilesOf(source));
}

void FirstLooks::AddTo(v1::AgentCheckpoint* checkpoint,
                       const std::vector<std::shared_ptr<const Source>>& sources) const {
  v1::FirstLooks* const kept = checkpoint->mutable_first_looks();
  for (const std::shared_ptr<const Source>& source : sources) {
    if (over_.contains(FilesOf(*source))) kept->add_over(FilesOf(*source));
  }
}

}  // namespace sluice::agent
