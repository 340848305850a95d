// CRC-32C by the processor, for RocksDB.
//
// RocksDB checks every byte of its write-ahead log with CRC-32C. Debian builds it for the oldest x86-64, so its own
// function works with tables and costs more than the rest of the append: 0.13 of 0.35 us for a record of 229 bytes.
// This is the same function (same name, same results) with the instruction that every x86-64 has had since 2008; the
// dynamic linker prefers a program's function to a library's of the same name. Where it is not preferred (RocksDB
// linked in statically would be an error of the linker, another platform) RocksDB's own does the work, slower.
#if defined(__x86_64__)

#include <nmmintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace rocksdb::crc32c {

uint32_t Extend(uint32_t init_crc, const char* data, size_t n);

namespace {

constexpr std::array<uint32_t, 256> MakeTable() {
  constexpr uint32_t kPolynomial = 0x82f63b78;  // Castagnoli's, reflected
  std::array<uint32_t, 256> table = {};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kPolynomial : 0);
    table[i] = value;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = MakeTable();

uint32_t WithTable(uint32_t crc, const char* data, size_t n) {
  for (; n > 0; --n, ++data) crc = crc >> 8 ^ kTable[(crc ^ static_cast<uint8_t>(*data)) & 0xff];
  return crc;
}

__attribute__((target("sse4.2"))) uint32_t WithInstruction(uint32_t crc, const char* data, size_t n) {
  uint64_t wide = crc;
  for (; n >= sizeof wide; n -= sizeof wide, data += sizeof wide) {
    uint64_t word;
    std::memcpy(&word, data, sizeof word);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = static_cast<uint32_t>(wide);
  for (; n > 0; --n, ++data) crc = _mm_crc32_u8(crc, static_cast<uint8_t>(*data));
  return crc;
}

}  // namespace

uint32_t Extend(uint32_t init_crc, const char* data, size_t n) {
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  return ~(has_instruction ? WithInstruction(~init_crc, data, n) : WithTable(~init_crc, data, n));
}

}  // namespace rocksdb::crc32c

#endif  // defined(__x86_64__)
