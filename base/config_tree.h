// A YAML document as a tree of positions, read within limits. Only for config.cc.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::config_internal {

inline constexpr size_t kYamlBytesMax = 1 << 20;
inline constexpr int kYamlDepthMax = 32;
inline constexpr size_t kYamlNodesMax = 100'000;

// In a file, from 1. 0 if there is none.
struct Position {
  int line = 0;
  int column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct Node;

// A key of a mapping (its own position) or an item of a list (the value's), with its value.
struct Entry {
  Position position;
  const Node* value = nullptr;
};

struct Node {
  enum class Kind { kNull, kScalar, kList, kMapping };
  Kind kind = Kind::kNull;
  Position position;
  std::string text;                                   // kScalar
  std::vector<Entry> items;                           // kList
  std::map<std::string, Entry, std::less<>> entries;  // kMapping
};

// Owns its nodes. An alias is one more pointer to the node of its anchor, never a copy, so that no file is larger in
// memory than it is on disk, by more than a constant factor.
struct Tree {
  std::deque<Node> nodes;
  const Node* root = nullptr;  // a mapping; null if the document is empty
};

// `name` stands for the file in errors, which are InvalidArgument: no YAML, no text, no mapping, a key twice, too large
// or too deep.
absl::StatusOr<Tree> ParseYaml(std::string_view yaml, std::string_view name);

}  // namespace sluice::config_internal
