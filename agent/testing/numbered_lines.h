// Lines that tell their places, for tests of what comes once and in order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/testing/test_host.h"

namespace sluice::agent {

// "line 7xxx…", without newlines.
std::vector<std::string> Numbered(int first, int count);
// As they stand in a file.
std::string Joined(const std::vector<std::string>& lines);
inline std::string NumberedText(int first, int count) { return Joined(Numbered(first, count)); }

// The collector has just these, in that order; tells the first difference, since the lists are long.
void ExpectLines(TestHost& host, const std::vector<std::string>& expected);
// Bytes that were counted as lost, for whatever reason.
uint64_t Lost(TestHost& host);

// Compressed files are read, too.
TestHost::Options WithArchives();

}  // namespace sluice::agent
