// Fields of a line that is a JSON object, for rules that ask for an attribute which the agent has not sent: by default
// it sends none but time and severity. Names and values are as the agent would have said them (docs/parsing.md): names
// of nested objects joined with dots, strings without escapes, numbers as they are written, lists and objects as
// compact JSON.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

namespace sluice::monitor {

// Not thread-safe. Allocates nothing a line once its buffers are large enough.
class JsonBody {
 public:
  JsonBody();
  ~JsonBody();

  // Another line. It is looked at when the first field is asked for, and outlives that.
  void Set(std::string_view line);
  // Nothing if there is no such field, it is null, or the line is no JSON object. The view lives until the next call.
  std::optional<std::string_view> Find(std::string_view name);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::monitor
