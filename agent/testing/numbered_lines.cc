#include "agent/testing/numbered_lines.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace sluice::agent {

std::vector<std::string> Numbered(int first, int count) {
  std::vector<std::string> lines;
  for (int i = first; i < first + count; ++i) lines.push_back("line " + std::to_string(i) + std::string(40, 'x'));
  return lines;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

void ExpectLines(TestHost& host, const std::vector<std::string>& expected) {
  std::vector<std::string> found = host.collector().LinesOf("source");
  for (size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
    ASSERT_EQ(found[i], expected[i]) << "at line " << i << " of " << found.size() << ", expected " << expected.size();
  }
  EXPECT_EQ(found.size(), expected.size());
}

uint64_t Lost(TestHost& host) {
  uint64_t lost = 0;
  for (const auto& [reason, bytes] : host.metrics().Losses()) lost += bytes;
  return lost;
}

TestHost::Options WithArchives() {
  TestHost::Options options;
  options.source.exclude = {};
  return options;
}

}  // namespace sluice::agent
