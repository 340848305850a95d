#include "agent/limits/read_limiter.h"

#include <algorithm>

namespace sluice::agent {

void ReadLimiter::Configure(const RateLimit& total, const std::vector<std::pair<std::string, RateLimit>>& sources,
                            int64_t now) {
  std::map<std::string, Account> before = std::move(accounts_);
  accounts_.clear();
  auto add = [&](const std::string& name, const RateLimit& limit) {
    if (!limit.any()) return;
    auto old = before.find(name);
    bool is_same = old != before.end() && old->second.Is(limit);
    accounts_.emplace(name, is_same ? old->second : Account(limit, now));
  };
  add("", total);
  for (const auto& [name, limit] : sources) add(name, limit);
}

int64_t ReadLimiter::AllowedAt(const std::string& source, int64_t now) const {
  if (accounts_.empty()) return now;
  int64_t allowed = now;
  for (const std::string& name : {std::string(), source}) {
    auto account = accounts_.find(name);
    if (account != accounts_.end()) allowed = std::max(allowed, account->second.AllowedAt(now));
  }
  return allowed;
}

ReadAllowance ReadLimiter::AllowanceOf(const std::string& source, int64_t now) const {
  ReadAllowance allowance;
  if (accounts_.empty()) return allowance;
  for (const std::string& name : {std::string(), source}) {
    auto account = accounts_.find(name);
    if (account == accounts_.end()) continue;
    allowance.bytes = std::min(allowance.bytes, account->second.bytes.Available(now));
    allowance.lines = std::min(allowance.lines, account->second.lines.Available(now));
  }
  return allowance;
}

void ReadLimiter::Took(const std::string& source, uint64_t bytes, uint64_t lines, int64_t now) {
  if (accounts_.empty()) return;
  for (const std::string& name : {std::string(), source}) {
    auto account = accounts_.find(name);
    if (account != accounts_.end()) account->second.Take(bytes, lines, now);
  }
}

}  // namespace sluice::agent
