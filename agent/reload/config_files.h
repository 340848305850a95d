// Which files make up a configuration, and whether they are the same as before.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/file_system.h"

namespace sluice::agent {

// "/etc/sluice/agent.yaml" → "/etc/sluice/conf.d".
std::string ConfigDirectoryOf(const std::string& path);

// The file itself and the `conf.d/*.yaml` beside it, by name; names that begin with a dot are left out. A conf.d that
// is not there is none; one that cannot be read is an error.
absl::StatusOr<std::vector<std::string>> ConfigFiles(const std::string& path, FileSystem* file_system);

// Changes when a file of the configuration is another one, or has other content: paths, inodes, sizes and times. What
// cannot be read is part of it.
std::string ConfigFingerprint(const std::string& path, FileSystem* file_system);

}  // namespace sluice::agent
