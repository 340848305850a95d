// A batch under another topic, with more labels, with some of its records.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/log/batch_view.h"
#include "collector/log/record_runs.h"

namespace sluice::collector {

// What is different; the rest stays byte for byte.
struct BatchRewrite {
  std::string_view topic = {};                                       // empty: as it is
  std::vector<std::pair<std::string, std::string>> add_labels = {};  // one that is there already gets the new value
  const RecordRuns* records = nullptr;                               // null: all
};

// `batch` (validated) with `rewrite`; as valid as it was, if the topic is legal and the labels are UTF-8. It still
// covers [first_offset, end_offset), whichever records it has.
std::string RewriteBatch(const BatchView& batch, const BatchRewrite& rewrite);

}  // namespace sluice::collector
