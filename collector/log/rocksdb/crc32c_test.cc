#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "gtest/gtest.h"

#if defined(__x86_64__)

namespace rocksdb::crc32c {
uint32_t Extend(uint32_t init_crc, const char* data, size_t n);
}  // namespace rocksdb::crc32c

namespace sluice::collector {
namespace {

uint32_t Crc(const std::string& data) { return rocksdb::crc32c::Extend(0, data.data(), data.size()); }

// RFC 3720, B.4.
TEST(Crc32cTest, GivesTheStandardsResults) {
  EXPECT_EQ(Crc(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc(std::string(32, '\xff')), 0x62a8ab43u);
  std::string ascending;
  for (char c = 0; c < 32; ++c) ascending.push_back(c);
  EXPECT_EQ(Crc(ascending), 0x46dd794eu);
  EXPECT_EQ(Crc("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc(""), 0u);
}

TEST(Crc32cTest, GivesTheSameInOnePieceAndInTwo) {
  std::string data;
  for (int i = 0; i < 100; ++i) data.push_back(static_cast<char>(i * 37));
  for (size_t cut = 0; cut <= data.size(); ++cut) {
    EXPECT_EQ(rocksdb::crc32c::Extend(Crc(data.substr(0, cut)), data.data() + cut, data.size() - cut), Crc(data));
  }
}

// What RocksDB calls is what the dynamic linker finds first.
TEST(Crc32cTest, TakesThePlaceOfRocksDbsOwn) {
  EXPECT_EQ(dlsym(RTLD_DEFAULT, "_ZN7rocksdb6crc32c6ExtendEjPKcm"), reinterpret_cast<void*>(&rocksdb::crc32c::Extend));
}

}  // namespace
}  // namespace sluice::collector

#endif  // defined(__x86_64__)
