#include "base/rocksdb_log.h"

#include <array>
#include <cstdarg>
#include <cstdio>

#include "base/log.h"

namespace sluice {
namespace {

constexpr size_t kMessageBytesMax = 1024;

class RocksDbLogger final : public rocksdb::Logger {
 public:
  RocksDbLogger() : Logger(rocksdb::WARN_LEVEL) {}

  void LogHeader(const char*, va_list) override {}  // all of its options, at each start
  void Logv(const char* format, va_list arguments) override {
    std::array<char, kMessageBytesMax> message = {};
    if (std::vsnprintf(message.data(), message.size(), format, arguments) < 0) return;
    log::Debug("rocksdb", "RocksDB says", {{"message", message.data()}});
  }
  using Logger::Logv;
};

}  // namespace

std::shared_ptr<rocksdb::Logger> NewRocksDbLog() { return std::make_shared<RocksDbLogger>(); }

}  // namespace sluice
