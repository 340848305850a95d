#include "collector/log/dead_letter.h"

#include "base/text.h"

namespace sluice::collector {

std::vector<std::pair<std::string, std::string>> DeadLetterLabels(std::string_view reason, std::string_view error,
                                                                  std::string_view topic) {
  return {{std::string(kDeadLetterReason), std::string(reason)},
          {std::string(kDeadLetterError), ReplaceInvalidUtf8(error)},
          {std::string(kDeadLetterTopic), std::string(topic)}};
}

}  // namespace sluice::collector
