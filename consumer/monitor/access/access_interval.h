// What happened in one interval, and how it is told: counts, sketches, the record for topic `metrics`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "consumer/monitor/access/access_record.h"
#include "consumer/monitor/sketch/distinct_count.h"
#include "consumer/monitor/sketch/heavy_hitters.h"
#include "consumer/monitor/sketch/quantiles.h"
#include "sluice/v1/log.pb.h"

namespace sluice::monitor {

inline constexpr std::array<std::string_view, 10> kMethods = {"GET",   "HEAD",    "POST",    "PUT",   "DELETE",
                                                              "PATCH", "OPTIONS", "CONNECT", "TRACE", "other"};
inline constexpr std::array<std::string_view, 6> kStatusClasses = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};

// Sections are counted exactly up to this many in an interval, beyond it with the error that each one states.
inline constexpr size_t kSectionsCounted = 1024;

// Not thread-safe. At most about 250 KiB, whatever comes.
class AccessInterval {
 public:
  AccessInterval() : sections_(kSectionsCounted) {}

  // `section` is the hit's (SectionOf).
  void Add(const AccessHit& hit, std::string_view section);
  void AddMalformed() { ++malformed_; }
  // Lines of other intervals that are in no statistics: theirs was told already, or they are of the future.
  void AddLeftOut(uint64_t late, uint64_t ahead) {
    late_ += late;
    ahead_ += ahead;
  }

  uint64_t hits() const { return hits_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t errors() const { return statuses_[5]; }
  uint64_t malformed() const { return malformed_; }
  const std::array<uint64_t, kStatusClasses.size()>& statuses() const { return statuses_; }
  const std::array<uint64_t, kMethods.size()>& methods() const { return methods_; }
  uint64_t unique_clients() const;
  const sketch::Quantiles& latencies() const { return latencies_; }

  // The record of the interval [begin, begin + seconds): a JSON object as its body, of `sections_max` sections, and its
  // main figures as attributes.
  v1::LogRecord ToRecord(int64_t begin_unix_seconds, int64_t seconds, size_t sections_max) const;

  std::string Encode() const;
  static absl::StatusOr<AccessInterval> Decode(std::string_view bytes);

 private:
  // What is known of a section beside its hits: since it has its counter.
  struct SectionSums {
    uint64_t bytes = 0;
    uint64_t errors = 0;
  };

  std::string SectionsJson(size_t sections_max) const;

  uint64_t hits_ = 0;
  uint64_t bytes_ = 0;
  uint64_t malformed_ = 0;
  uint64_t late_ = 0;
  uint64_t ahead_ = 0;
  std::array<uint64_t, kStatusClasses.size()> statuses_ = {};
  std::array<uint64_t, kMethods.size()> methods_ = {};
  sketch::HeavyHitters sections_;
  std::vector<SectionSums> section_sums_;  // by counter
  sketch::DistinctCount clients_;
  sketch::Quantiles latencies_;
};

}  // namespace sluice::monitor
