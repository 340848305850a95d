// What the records of a batch share and only routes ask for.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/log/batch_view.h"

namespace sluice::collector {

// Views into the batch.
struct SharedFields {
  std::string_view topic = {};
  std::string_view agent = {};
  std::string_view path = {};
  std::string_view source = {};
  std::vector<std::pair<std::string_view, std::string_view>> labels = {};

  static SharedFields Of(const BatchView& batch);
  // Nothing if there is none of this name.
  std::optional<std::string_view> Label(std::string_view name) const;
};

}  // namespace sluice::collector
