// What cannot be stored where it belongs, as it is kept for people: in the topic of dead letters, with why and from
// where.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace sluice::collector {

// `dead_letters:` of the configuration.
struct DeadLetterOptions {
  std::string topic = "dead-letter";
};

// The labels that a dead letter has besides those of its batch. `reason` is one of a few words, the label of the
// metric.
inline constexpr std::string_view kDeadLetterReason = "dead_letter.reason";
inline constexpr std::string_view kDeadLetterError = "dead_letter.error";
inline constexpr std::string_view kDeadLetterTopic = "dead_letter.topic";  // where it belongs

inline constexpr std::string_view kReasonRoute = "route";  // a route's template has no topic for it

// For BatchRewrite::add_labels. `error` may be any bytes.
std::vector<std::pair<std::string, std::string>> DeadLetterLabels(std::string_view reason, std::string_view error,
                                                                  std::string_view topic);

}  // namespace sluice::collector
