// Figures for people.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace sluice::cli {

// "1,234,567".
std::string HumanCount(uint64_t count);
// "812 B", "1.2 KiB", "34 GiB".
std::string HumanBytes(uint64_t bytes);
// "0s", "3s", "5m", "2h", "4d"; of a negative one the length.
std::string HumanDuration(absl::Duration duration);
// How long ago: "now", "3s ago", "5m ago", "2h ago", "4d ago"; "in 5s" if the clocks disagree.
std::string HumanAge(absl::Duration age);

// How long ago a moment of the protocol is; "-" if it is not known.
std::string HumanAge(bool known, const google::protobuf::Timestamp& moment, absl::Time now);

// The text, or "-" if there is none.
std::string OrDash(const std::string& text);

}  // namespace sluice::cli
