// What the parsers of JSON keep in a ParsedLine, from line to line.
#pragma once

#include <memory>

#include "agent/parse/json_shapes.h"
#include "agent/parse/parsed_line.h"

namespace sluice::agent {

class JsonScratch final : public FormatScratch {
 public:
  // That of `line`; made when it is first asked for.
  static JsonScratch& Of(ParsedLine* line) {
    if (line->scratch == nullptr) [[unlikely]]
      line->scratch = std::make_unique<JsonScratch>();
    return static_cast<JsonScratch&>(*line->scratch);
  }

  JsonShapes shapes;
  std::unique_ptr<FormatScratch> document;  // the validator's own buffers
};

}  // namespace sluice::agent
