// What cannot be stored where it belongs, as it is kept for people: in the topic of dead letters, with why and from
// where.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::collector {

// `dead_letters:` of the configuration.
struct DeadLetterOptions {
  std::string topic = "dead-letter";
  // Longer lines are split into marked parts, which stay where the line belongs, or become dead letters. 0: no bound.
  size_t line_bytes_max = 0;
  bool split_oversize = true;
  // What the log will never take as it is, and what it has no topic for: a dead letter, after so many further tries;
  // else its file waits.
  bool refused = true;
  bool no_topic = false;
  int retries = 1;
};

// The labels that a dead letter has besides those of its batch. `reason` is one of a few words, the label of the
// metric.
inline constexpr std::string_view kDeadLetterReason = "dead_letter.reason";
inline constexpr std::string_view kDeadLetterError = "dead_letter.error";
inline constexpr std::string_view kDeadLetterTopic = "dead_letter.topic";  // where it belongs

inline constexpr std::string_view kReasonRoute = "route";        // a route's template has no topic for it
inline constexpr std::string_view kReasonOversize = "oversize";  // the line is longer than dead_letters.line_bytes
inline constexpr std::string_view kReasonRefused = "refused";    // the log will never take it as it is
inline constexpr std::string_view kReasonNoTopic = "no_topic";   // its topic cannot be made

// For BatchRewrite::add_labels. `error` may be any bytes.
std::vector<std::pair<std::string, std::string>> DeadLetterLabels(std::string_view reason, std::string_view error,
                                                                  std::string_view topic);

}  // namespace sluice::collector
