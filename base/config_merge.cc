// Several configuration files as one tree.
#include <string>
#include <utility>
#include <vector>

#include "base/config_tree.h"
#include "base/strings.h"

namespace sluice::config_internal {
namespace {

class Merger {
 public:
  Merger(const std::vector<std::string_view>& appended, Tree* into) : appended_(appended), into_(into) {}

  // A node that says what both mappings say.
  const Node* Merge(const Node& first, const Node& second, const std::string& path) {
    Node* const merged = &into_->nodes.emplace_back(first);  // aliases may share `first`: it stays as it is
    for (const auto& [key, entry] : second.entries) {
      const auto [place, is_new] = merged->entries.try_emplace(key, entry);
      if (!is_new) MergeEntry(key, entry, path.empty() ? key : StrCat(path, ".", key), path.empty(), &place->second);
    }
    return merged;
  }

  std::vector<Conflict> TakeConflicts() { return std::move(conflicts_); }

 private:
  void MergeEntry(const std::string& key, const Entry& entry, const std::string& path, bool of_root, Entry* into) {
    const Node& first = *into->value;
    const Node& second = *entry.value;
    if (first.kind == Node::Kind::kMapping && second.kind == Node::Kind::kMapping) {
      into->value = Merge(first, second, path);
    } else if (of_root && IsAppended(key) && IsList(first) && IsList(second)) {
      Node* const joined = &into_->nodes.emplace_back(first);
      joined->kind = Node::Kind::kList;
      joined->items.insert(joined->items.end(), second.items.begin(), second.items.end());
      into->value = joined;
    } else {
      conflicts_.push_back({.first = into->position, .second = entry.position, .path = path});
    }
  }

  bool IsAppended(std::string_view key) const {
    for (std::string_view appended : appended_) {
      if (appended == key) return true;
    }
    return false;
  }
  // A list that is left empty is one without items.
  static bool IsList(const Node& node) { return node.kind == Node::Kind::kList || node.kind == Node::Kind::kNull; }

  const std::vector<std::string_view>& appended_;
  Tree* const into_;
  std::vector<Conflict> conflicts_;
};

}  // namespace

std::vector<Conflict> MergeTrees(Tree from, const std::vector<std::string_view>& appended, Tree* into) {
  const Node* const second = from.root;
  into->merged.push_back(std::move(from.nodes));
  for (auto& nodes : from.merged) into->merged.push_back(std::move(nodes));
  if (second == nullptr) return {};
  if (into->root == nullptr) {
    into->root = second;
    return {};
  }
  Merger merger(appended, into);
  into->root = merger.Merge(*into->root, *second, "");
  return merger.TakeConflicts();
}

}  // namespace sluice::config_internal
