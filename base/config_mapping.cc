#include "base/config_mapping.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/nearest_word.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::config_internal {
namespace {

constexpr size_t kErrorsToldMax = 20;
constexpr size_t kAllowedToldMax = 40;

// "a list"
std::string Kind(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kScalar:
      return Quoted(node.text);
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
  }
  return "";
}

std::string UnknownKey(std::string_view key, const std::vector<std::string_view>& allowed) {
  std::string problem = "unknown key";
  const std::string_view nearest = NearestWord(key, allowed);
  if (!nearest.empty()) StrAppend(&problem, "; did you mean \"", nearest, "\"?");
  problem.append(" (allowed: ");
  for (size_t i = 0; i < std::min(allowed.size(), kAllowedToldMax); ++i) {
    StrAppend(&problem, i == 0 ? "" : ", ", allowed[i]);
  }
  if (allowed.empty()) problem.append("none");
  problem.append(allowed.size() > kAllowedToldMax ? ", …)" : ")");
  return problem;
}

// Adds an error for every key of `mapping` and of those below it that was not asked for.
void FailUnknownKeys(const Mapping& mapping, std::vector<Error>* errors) {
  if (mapping.node == nullptr) return;
  const std::vector<std::string_view> allowed(mapping.asked.begin(), mapping.asked.end());
  for (const auto& [key, entry] : mapping.node->entries) {
    if (mapping.asked.contains(key)) continue;
    const std::string where = mapping.file->Where(entry.position, mapping.PathTo(key));
    errors->push_back({.position = entry.position, .text = StrCat(where, ": ", UnknownKey(key, allowed))});
  }
  for (const auto& [key, child] : mapping.children) FailUnknownKeys(*child, errors);
}

}  // namespace

std::string Problem(const Node& node, std::string_view expected) {
  return StrCat("found ", Kind(node), "; expected ", expected);
}

std::string Mapping::PathTo(std::string_view key) const {
  std::string to = path;
  if (!to.empty()) to.push_back('.');
  const bool is_word = std::all_of(key.begin(), key.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '[' || c == ']';
  });
  return to.append(is_word ? std::string(key) : Quoted(key));
}

Mapping* Mapping::Child(const std::string& key, const Entry* entry) {
  std::unique_ptr<Mapping>& child = children[key];
  if (child == nullptr) {
    child = std::make_unique<Mapping>();
    child->file = file;
    child->node = entry != nullptr && entry->value->kind == Node::Kind::kMapping ? entry->value : nullptr;
    child->position = entry != nullptr ? entry->position : position;
    child->path = PathTo(key);
  }
  return child.get();
}

std::string File::Where(Position position, std::string_view path) const {
  std::string where = names.empty() ? "" : names[static_cast<size_t>(position.file)];
  if (position.line > 0) StrAppend(&where, ":", position.line);
  if (!where.empty() && !path.empty()) where.append(": ");
  return where.append(path);
}

void File::Fail(Position position, std::string_view path, std::string_view problem) {
  errors.push_back({.position = position, .text = StrCat(Where(position, path), ": ", problem)});
}

absl::Status File::Finish() const {
  std::vector<Error> all = errors;
  FailUnknownKeys(root, &all);
  if (all.empty()) return absl::OkStatus();
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());  // a key may have been read twice
  std::string text;
  for (size_t i = 0; i < std::min(all.size(), kErrorsToldMax); ++i) StrAppend(&text, i == 0 ? "" : "\n", all[i].text);
  if (all.size() > kErrorsToldMax) StrAppend(&text, "\n… and ", all.size() - kErrorsToldMax, " more");
  return absl::InvalidArgumentError(text);
}

}  // namespace sluice::config_internal
