// Topics from templates: "shop.{label.environment}", "{topic}-{agent}".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/route/shared_fields.h"

namespace sluice::collector {

// Immutable.
class RouteTemplate {
 public:
  // Fields: {topic} {agent} {source} {label.NAME}. InvalidArgument says where it is no template, or which field there
  // is not.
  static absl::StatusOr<RouteTemplate> Compile(std::string_view text);

  // A legal topic: in the values, what no topic may contain becomes '_'. InvalidArgument if a field has no value, or if
  // what comes of it is no topic (too long, "..").
  absl::StatusOr<std::string> Fill(const SharedFields& shared) const;

 private:
  // Text as it stands, or the name of a field.
  struct Piece {
    bool is_field = false;
    std::string text;
  };
  std::vector<Piece> pieces_;
};

}  // namespace sluice::collector
