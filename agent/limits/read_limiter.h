// The rates of all sources together and of each one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/limits/rate_limit.h"
#include "agent/limits/token_bucket.h"

namespace sluice::agent {

// Holds back reading, never drops: lines wait in their files. One thread; time is monotonic.
class ReadLimiter {
 public:
  // Sets the rates: of all together, and of sources by name. A rate that stays keeps its account, so that a reload
  // gives nothing away.
  void Configure(const RateLimit& total, const std::vector<std::pair<std::string, RateLimit>>& sources, int64_t now);

  // When a file of `source` may be read: `now` or earlier if at once.
  int64_t AllowedAt(const std::string& source, int64_t now) const;
  // How much of a file of `source` may be read, if it may be read at all.
  ReadAllowance AllowanceOf(const std::string& source, int64_t now) const;
  // That much of `source` was read.
  void Took(const std::string& source, uint64_t bytes, uint64_t lines, int64_t now);

 private:
  struct Account {
    Account(const RateLimit& limit, int64_t now)
        : bytes(limit.bytes_per_second, now), lines(limit.lines_per_second, now) {}
    int64_t AllowedAt(int64_t now) const { return std::max(bytes.AllowedAt(now), lines.AllowedAt(now)); }
    void Take(uint64_t byte_count, uint64_t line_count, int64_t now) {
      bytes.Take(byte_count, now);
      lines.Take(line_count, now);
    }
    bool Is(const RateLimit& limit) const {
      return bytes.rate() == limit.bytes_per_second && lines.rate() == limit.lines_per_second;
    }
    TokenBucket bytes;
    TokenBucket lines;
  };

  // Only what has a limit; the total under the empty name, which no source has.
  std::map<std::string, Account> accounts_;
};

}  // namespace sluice::agent
