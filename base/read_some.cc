#include "base/read_some.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/status.h"

namespace sluice {

absl::StatusOr<size_t> ReadSome(int descriptor, char* buffer, size_t size) {
  ssize_t count;
  do {
    count = read(descriptor, buffer, size);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return DataLoss("read: ", std::strerror(errno));
  return static_cast<size_t>(count);
}

}  // namespace sluice
