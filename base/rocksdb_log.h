// What RocksDB says of itself, in the program's own log.
#pragma once

#include <memory>

#include "rocksdb/env.h"

namespace sluice {

// Its warnings and errors, as debug messages: what an operator has to act on is said by whoever met it. RocksDB would
// write them to a file beside its data instead, and Debian's is built with assertions: the second line that a
// full disk refuses ends the process. Thread-safe.
std::shared_ptr<rocksdb::Logger> NewRocksDbLog();

}  // namespace sluice
