#include "consumer/monitor/sketch/distinct_count.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/status.h"
#include "base/wire.h"
#include "consumer/monitor/sketch/encoding.h"

namespace sluice::monitor::sketch {
namespace {

constexpr int kRankMax = 64 - DistinctCount::kPrecision + 1;

// Of the bytes: either of the two lists.
enum Field : uint32_t {
  kPrecisionField = 1,
  kDense = 2,   // a byte a register
  kSparse = 3,  // varints: how many registers are passed over, and the rank of the next one
};

// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", section 2.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double before = -1; before != z;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double before = -1; before != z;) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

bool ParseSparse(std::string_view bytes, std::vector<uint8_t>* registers) {
  size_t at = 0;
  while (!bytes.empty()) {
    uint64_t skipped;
    uint64_t rank;
    if (!TakeVarint(&bytes, &skipped) || !TakeVarint(&bytes, &rank)) return false;
    if (skipped >= registers->size() - at || rank == 0 || rank > kRankMax) return false;
    at += skipped;
    (*registers)[at++] = static_cast<uint8_t>(rank);
    if (at == registers->size() && !bytes.empty()) return false;
  }
  return true;
}

bool ParseDense(std::string_view bytes, std::vector<uint8_t>* registers) {
  if (bytes.size() != registers->size()) return false;
  registers->assign(bytes.begin(), bytes.end());
  return std::ranges::all_of(*registers, [](uint8_t rank) { return rank <= kRankMax; });
}

}  // namespace

double DistinctCount::Estimate() const {
  std::array<uint32_t, 256> histogram = {};
  for (uint8_t rank : registers_) ++histogram[rank];
  constexpr double kCount = kRegisters;
  double z = kCount * Tau(1 - histogram[kRankMax] / kCount);
  for (int rank = kRankMax - 1; rank >= 1; --rank) z = 0.5 * (z + histogram[rank]);
  z += kCount * Sigma(histogram[0] / kCount);
  return kCount * kCount / (2 * std::log(2.0) * z);
}

void DistinctCount::Merge(const DistinctCount& other) {
  for (size_t i = 0; i < kRegisters; ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
}

std::string DistinctCount::Encode() const {
  std::string out;
  AppendField(kPrecisionField, kPrecision, &out);
  std::string sparse;
  size_t skipped = 0;
  for (uint8_t rank : registers_) {
    if (rank == 0) {
      ++skipped;
      continue;
    }
    AppendVarint(skipped, &sparse);
    AppendVarint(rank, &sparse);
    skipped = 0;
    if (sparse.size() >= kRegisters) break;
  }
  if (sparse.size() < kRegisters) {
    AppendField(kSparse, sparse, &out);
  } else {
    AppendField(kDense, std::string_view(reinterpret_cast<const char*>(registers_.data()), registers_.size()), &out);
  }
  return out;
}

absl::StatusOr<DistinctCount> DistinctCount::Decode(std::string_view bytes) {
  DistinctCount sketch;
  wire::Reader reader(bytes);
  wire::Field field;
  uint64_t precision = 0;
  bool fits = true;
  while (reader.Next(&field)) {
    if (field.number == kPrecisionField) precision = field.value;
    if (field.number == kSparse) fits &= ParseSparse(field.bytes, &sketch.registers_);
    if (field.number == kDense) fits &= ParseDense(field.bytes, &sketch.registers_);
  }
  if (!reader.ok()) return DataLoss("distinct count: malformed at byte ", reader.position());
  if (precision != kPrecision) return DataLoss("distinct count: precision ", precision, ", not ", kPrecision);
  if (!fits) return DataLoss("distinct count: the registers are malformed");
  return sketch;
}

}  // namespace sluice::monitor::sketch
