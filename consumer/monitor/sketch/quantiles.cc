#include "consumer/monitor/sketch/quantiles.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/status.h"
#include "base/wire.h"
#include "consumer/monitor/sketch/encoding.h"

namespace sluice::monitor::sketch {
namespace {

constexpr double kValueMin = 1e-9;
constexpr double kValueMax = 1e9;
// Bin i is (kGamma^(i - 1), kGamma^i].
constexpr double kGamma = (1 + Quantiles::kRelativeError) / (1 - Quantiles::kRelativeError);
const double kPerLog = 1 / std::log(kGamma);
const int kBinMin = static_cast<int>(std::ceil(std::log(kValueMin) * kPerLog));
const int kBinMax = static_cast<int>(std::ceil(std::log(kValueMax) * kPerLog));

// Of the bytes.
enum Field : uint32_t { kZeros = 1, kMax = 2, kSum = 3, kFirstBin = 4, kBins = 5 };

int BinOf(double value) { return static_cast<int>(std::ceil(std::log(value) * kPerLog)); }

// In the middle, so that both bounds are as far away.
double ValueOf(int bin) { return 2 * std::pow(kGamma, bin) / (kGamma + 1); }

}  // namespace

void Quantiles::Count(int bin, uint64_t times) {
  if (bins_.empty()) first_bin_ = bin;
  if (bin < first_bin_) {
    bins_.insert(bins_.begin(), static_cast<size_t>(first_bin_ - bin), 0);
    first_bin_ = bin;
  }
  const auto place = static_cast<size_t>(bin - first_bin_);
  if (place >= bins_.size()) bins_.resize(place + 1, 0);
  bins_[place] += times;
}

void Quantiles::Add(double value) {
  if (std::isnan(value)) return;
  value = std::clamp(value, 0.0, kValueMax);
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
  if (value < kValueMin) {
    ++zeros_;
  } else {
    Count(std::clamp(BinOf(value), kBinMin, kBinMax), 1);
  }
}

void Quantiles::Clear() {
  count_ = zeros_ = 0;
  max_ = sum_ = 0;
  bins_.clear();
}

double Quantiles::Quantile(double q) const {
  if (count_ == 0) return 0;
  // The least value that so many of all values are not above; q * count may be a little too large.
  const double rank_exact = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_) - 1e-9) - 1;
  const auto rank = static_cast<uint64_t>(std::max(0.0, rank_exact));
  uint64_t passed = zeros_;
  if (rank < passed) return 0;
  for (size_t i = 0; i < bins_.size(); ++i) {
    passed += bins_[i];
    if (rank < passed) return std::min(ValueOf(first_bin_ + static_cast<int>(i)), max_);
  }
  return max_;
}

void Quantiles::Merge(const Quantiles& other) {
  count_ += other.count_;
  zeros_ += other.zeros_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
  for (size_t i = 0; i < other.bins_.size(); ++i) {
    if (other.bins_[i] != 0) Count(other.first_bin_ + static_cast<int>(i), other.bins_[i]);
  }
}

std::string Quantiles::Encode() const {
  std::string out;
  AppendField(kZeros, zeros_, &out);
  AppendField(kMax, std::bit_cast<uint64_t>(max_), &out);
  AppendField(kSum, std::bit_cast<uint64_t>(sum_), &out);
  AppendField(kFirstBin, static_cast<uint64_t>(bins_.empty() ? 0 : first_bin_ - kBinMin), &out);
  std::string bins;
  for (uint64_t count : bins_) AppendVarint(count, &bins);
  AppendField(kBins, bins, &out);
  return out;
}

absl::StatusOr<Quantiles> Quantiles::Decode(std::string_view bytes) {
  Quantiles sketch;
  wire::Reader reader(bytes);
  wire::Field field;
  uint64_t first_bin = 0;
  std::string_view bins;
  while (reader.Next(&field)) {
    if (field.number == kZeros) sketch.zeros_ = field.value;
    if (field.number == kMax) sketch.max_ = std::bit_cast<double>(field.value);
    if (field.number == kSum) sketch.sum_ = std::bit_cast<double>(field.value);
    if (field.number == kFirstBin) first_bin = field.value;
    if (field.number == kBins) bins = field.bytes;
  }
  if (!reader.ok()) return DataLoss("quantiles: malformed at byte ", reader.position());
  if (!(sketch.max_ >= 0 && sketch.max_ <= kValueMax && sketch.sum_ >= 0)) {
    return DataLoss("quantiles: the largest is ", sketch.max_, ", their sum ", sketch.sum_);
  }
  const auto bin_count = static_cast<uint64_t>(kBinMax - kBinMin) + 1;
  sketch.count_ = sketch.zeros_;
  for (uint64_t bin = first_bin; !bins.empty(); ++bin) {
    uint64_t count;
    if (bin >= bin_count || !TakeVarint(&bins, &count)) return DataLoss("quantiles: the bins are malformed");
    sketch.Count(kBinMin + static_cast<int>(bin), count);
    sketch.count_ += count;
  }
  return sketch;
}

}  // namespace sluice::monitor::sketch
