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
  int file = 0;  // which of several files that are read as one
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
  const Node* root = nullptr;            // a mapping; null if the document is empty
  std::vector<std::deque<Node>> merged;  // nodes of the trees that were merged into this one
};

// `name` stands for the file in errors, which are InvalidArgument: no YAML, no text, no mapping, a key twice, too large
// or too deep. Positions say that they are in file number `file`.
absl::StatusOr<Tree> ParseYaml(std::string_view yaml, std::string_view name, int file = 0);

// What two trees of one configuration both say.
struct Conflict {
  Position first;
  Position second;
  std::string path;  // "agent.window"
};

// Adds what `from` says to `into`, whose nodes it then owns. Mappings are merged; lists of the root that are named in
// `appended` are joined; everything else that both have is a conflict, and `into`'s stays.
std::vector<Conflict> MergeTrees(Tree from, const std::vector<std::string_view>& appended, Tree* into);

}  // namespace sluice::config_internal
