// What the discovery of files tells the tailer.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "agent/source/source.h"

namespace sluice::agent {

// Called by one thread, the tailer's. Calls may come again, late, or for files that have gone since: whoever listens
// looks at the file itself.
class FileListener {
 public:
  virtual ~FileListener() = default;
  // A path that `source` includes leads to something that looks like a file.
  virtual void OnAppeared(const std::shared_ptr<const Source>& source, const std::string& path) = 0;
  // The content behind a path changed.
  virtual void OnModified(const std::string& path) = 0;
  // A path does not lead to what it led to before.
  virtual void OnVanished(const std::string& path) = 0;
  // As OnVanished, for all paths below a directory.
  virtual void OnDirectoryVanished(const std::string& directory) = 0;
  // A directory that may hold files of a source was listed, or could not be.
  virtual void OnListed(const std::string& directory, const absl::Status& status) = 0;
  // A full look at all directories begins and ends; files that did not appear between are not there.
  virtual void OnScanBegin() = 0;
  virtual void OnScanEnd() = 0;
};

}  // namespace sluice::agent
