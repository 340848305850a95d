// Endless lines of log files that look like those of a shop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "consumer/generate/random.h"

namespace sluice::generate {

enum class Kind {
  kApp,     // plain text, a sub-directory a level, a file a service
  kJson,    // one file of JSON objects, 229 bytes a line on average
  kAccess,  // one file in the combined format of web servers
};

// The same seed and the same times give the same lines. Not thread-safe.
class LineSource {
 public:
  virtual ~LineSource() = default;
  // The files that lines go to, relative to the directory.
  virtual const std::vector<std::string>& files() const = 0;
  // Makes the next line, as written at this time: appends it, with its newline, to the buffer of its file. Returns the
  // file's place in files().
  virtual size_t Next(int64_t unix_nanos, std::vector<std::string>* buffers) = 0;
};

// With `latency` lines of kAccess end with the seconds that the request took; all before that stays as it is without.
std::unique_ptr<LineSource> NewLineSource(Kind kind, uint64_t seed, bool latency = false);

}  // namespace sluice::generate
