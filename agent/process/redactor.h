// Takes out of records what must not leave the host. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/process/secrets.h"
#include "re2/re2.h"

namespace sluice::agent {

inline constexpr std::string_view kDefaultMask = "***";

// Either presets or a regex.
struct RedactRule {
  uint8_t presets = 0;             // SecretKinds
  std::string regex = {};          // RE2; what matches is replaced
  std::string mask{kDefaultMask};  // instead of it; with a regex, \1 stands for what its first group matched

  friend bool operator==(const RedactRule&, const RedactRule&) = default;
};

// Presets first, all of them in one pass, then the expressions in their order. Immutable; thread-safe.
class Redactor {
 public:
  // InvalidArgument says "redact[1]: …".
  static absl::StatusOr<Redactor> Create(const std::vector<RedactRule>& rules);

  bool active() const { return presets_ != 0 || !expressions_.empty(); }

  // How many places of `text` were replaced; if any, the whole text with its masks is in `out` (one mask instead of it
  // all, if they would make it more than 4 KiB longer). `scratch` is a buffer.
  uint32_t Redact(std::string_view text, std::vector<Secret>* scratch, std::string* out) const;
  // As Redact, for the value of an attribute: with tokens, all of a value whose name is a secret's.
  uint32_t RedactValue(std::string_view name, std::string_view value, std::vector<Secret>* scratch,
                       std::string* out) const;

 private:
  struct Expression {
    std::shared_ptr<const re2::RE2> regex;
    std::string mask;
  };

  const std::string& MaskOf(SecretKind kind) const;

  uint8_t presets_ = 0;
  std::array<std::string, 3> masks_;  // of the presets
  std::vector<Expression> expressions_;
};

}  // namespace sluice::agent
