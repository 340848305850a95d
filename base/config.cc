#include "base/config.h"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include "absl/strings/numbers.h"
#include "base/config_tree.h"
#include "base/file_system.h"
#include "base/nearest_word.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice {
namespace config_internal {

constexpr size_t kErrorsToldMax = 20;
constexpr size_t kFoundBytesMax = 60;

struct Error {
  Position position;
  std::string text;
  friend auto operator<=>(const Error&, const Error&) = default;
};

// A mapping of the file as one place of the code reads it. With an alias several of them may stand for one node.
struct Mapping {
  File* file;
  const Node* node;  // null: missing
  Position position;
  std::string path;  // "sources[1]"
  std::set<std::string, std::less<>> asked;
  std::map<std::string, std::unique_ptr<Mapping>, std::less<>> children;  // by key, or key and index
};

struct File {
  std::string name;  // empty: no file
  Tree tree;
  Mapping root;
  std::vector<Error> errors;

  void Fail(Position position, std::string_view path, std::string_view problem) {
    errors.push_back({.position = position, .text = StrCat(Where(position, path), ": ", problem)});
  }

  std::string Where(Position position, std::string_view path) const {
    std::string where = name;
    if (position.line > 0) StrAppend(&where, ":", position.line);
    if (!where.empty() && !path.empty()) StrAppend(&where, ": ");
    return StrCat(where, path);
  }
};

namespace {

std::string PathTo(const Mapping& mapping, std::string_view key) {
  std::string path = mapping.path;
  if (!path.empty()) path.push_back('.');
  AppendVisible(key.substr(0, kFoundBytesMax), /*strip_cr=*/false, &path);
  return path;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  AppendVisible(text.substr(0, kFoundBytesMax), /*strip_cr=*/false, &quoted);
  quoted.append(text.size() > kFoundBytesMax ? "…\"" : "\"");
  return quoted;
}

// "found a list"
std::string Found(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "found nothing";
    case Node::Kind::kScalar:
      return StrCat("found ", Quoted(node.text));
    case Node::Kind::kList:
      return "found a list";
    case Node::Kind::kMapping:
      return "found a mapping";
  }
  return "";
}

std::string Problem(const Node& node, std::string_view expected) {
  return StrCat(Found(node), "; expected ", expected);
}

Mapping* Child(Mapping* parent, const std::string& key, const Entry* entry) {
  std::unique_ptr<Mapping>& child = parent->children[key];
  if (child == nullptr) {
    child = std::make_unique<Mapping>(Mapping{
        .file = parent->file,
        .node = entry != nullptr && entry->value->kind == Node::Kind::kMapping ? entry->value : nullptr,
        .position = entry != nullptr ? entry->position : parent->position,
        .path = PathTo(*parent, key),
        .asked = {},
        .children = {},
    });
  }
  return child.get();
}

// Adds an error for every key of `mapping` and of those below it that was not asked for.
void FailUnknownKeys(const Mapping& mapping, std::vector<Error>* errors) {
  if (mapping.node != nullptr) {
    const std::vector<std::string_view> allowed(mapping.asked.begin(), mapping.asked.end());
    for (const auto& [key, entry] : mapping.node->entries) {
      if (mapping.asked.contains(key)) continue;
      std::string problem = "unknown key";
      const std::string_view nearest = NearestWord(key, allowed);
      if (!nearest.empty()) StrAppend(&problem, "; did you mean \"", nearest, "\"?");
      StrAppend(&problem, " (allowed:");
      for (std::string_view word : allowed) StrAppend(&problem, word == allowed.front() ? " " : ", ", word);
      StrAppend(&problem, ")");
      errors->push_back(
          {entry.position, StrCat(mapping.file->Where(entry.position, PathTo(mapping, key)), ": ", problem)});
    }
  }
  for (const auto& [key, child] : mapping.children) FailUnknownKeys(*child, errors);
}

}  // namespace
}  // namespace config_internal

using config_internal::Entry;
using config_internal::File;
using config_internal::Found;
using config_internal::Mapping;
using config_internal::Node;
using config_internal::PathTo;
using config_internal::Problem;

const Entry* ConfigNode::Find(std::string_view key) const {
  mapping_->asked.emplace(key);
  if (mapping_->node == nullptr) return nullptr;
  const auto found = mapping_->node->entries.find(key);
  return found == mapping_->node->entries.end() ? nullptr : &found->second;
}

const std::string* ConfigNode::FindText(std::string_view key, std::string_view expected) const {
  const Entry* const entry = Find(key);
  if (entry == nullptr) return nullptr;
  if (entry->value->kind == Node::Kind::kScalar) return &entry->value->text;
  Fail(key, Problem(*entry->value, expected));
  return nullptr;
}

ConfigNode ConfigNode::Map(std::string_view key) const {
  const Entry* const entry = Find(key);
  if (entry != nullptr && entry->value->kind != Node::Kind::kMapping && entry->value->kind != Node::Kind::kNull) {
    Fail(key, Problem(*entry->value, "a mapping (lines of \"key: value\" below it, or {key: value})"));
  }
  return ConfigNode(config_internal::Child(mapping_, std::string(key), entry));
}

std::vector<ConfigNode> ConfigNode::Maps(std::string_view key) const {
  const Entry* const entry = Find(key);
  if (entry == nullptr || entry->value->kind == Node::Kind::kNull) return {};
  if (entry->value->kind != Node::Kind::kList) {
    Fail(key, Problem(*entry->value, "a list of mappings (each begins with \"- \")"));
    return {};
  }
  std::vector<ConfigNode> maps;
  for (size_t i = 0; i < entry->value->items.size(); ++i) {
    const Entry& item = entry->value->items[i];
    const std::string name = StrCat(key, "[", i, "]");
    if (item.value->kind == Node::Kind::kMapping) {
      maps.push_back(ConfigNode(config_internal::Child(mapping_, name, &item)));
    } else {
      mapping_->file->Fail(item.position, PathTo(*mapping_, name), Problem(*item.value, "a mapping"));
    }
  }
  return maps;
}

std::string ConfigNode::String(std::string_view key, std::string_view fallback) const {
  const std::string* const text = FindText(key, "a text");
  return text != nullptr ? *text : std::string(fallback);
}

std::vector<std::string> ConfigNode::Strings(std::string_view key, std::vector<std::string> fallback) const {
  const Entry* const entry = Find(key);
  if (entry == nullptr) return fallback;
  if (entry->value->kind == Node::Kind::kNull) return {};
  if (entry->value->kind != Node::Kind::kList) {
    Fail(key, Problem(*entry->value, "a list, such as [\"a\", \"b\"]"));
    return fallback;
  }
  std::vector<std::string> strings;
  for (size_t i = 0; i < entry->value->items.size(); ++i) {
    const Entry& item = entry->value->items[i];
    if (item.value->kind == Node::Kind::kScalar) {
      strings.push_back(item.value->text);
    } else {
      mapping_->file->Fail(item.position, PathTo(*mapping_, StrCat(key, "[", i, "]")), Problem(*item.value, "a text"));
    }
  }
  return strings;
}

std::map<std::string, std::string> ConfigNode::StringMap(std::string_view key) const {
  const ConfigNode map = Map(key);
  std::map<std::string, std::string> strings;
  if (map.mapping_->node == nullptr) return strings;
  for (const auto& [name, entry] : map.mapping_->node->entries) {
    const std::string* const text = map.FindText(name, "a text");
    if (text != nullptr) strings.emplace(name, *text);
  }
  return strings;
}

bool ConfigNode::Bool(std::string_view key, bool fallback) const {
  static constexpr std::string_view kExpected = "true or false";
  const std::string* const text = FindText(key, kExpected);
  if (text == nullptr) return fallback;
  if (*text == "true" || *text == "false") return *text == "true";
  Fail(key, StrCat("found ", config_internal::Quoted(*text), "; expected ", kExpected));
  return fallback;
}

int64_t ConfigNode::Int(std::string_view key, int64_t fallback, int64_t min, int64_t max) const {
  const std::string expected = max == std::numeric_limits<int64_t>::max()
                                   ? StrCat("a whole number, at least ", min)
                                   : StrCat("a whole number from ", min, " to ", max);
  const std::string* const text = FindText(key, expected);
  if (text == nullptr) return fallback;
  int64_t value;
  if (absl::SimpleAtoi(*text, &value) && value >= min && value <= max) return value;
  Fail(key, StrCat("found ", config_internal::Quoted(*text), "; expected ", expected));
  return fallback;
}

uint64_t ConfigNode::Bytes(std::string_view key, uint64_t fallback, uint64_t min, uint64_t max) const {
  const std::string* const text = FindText(key, "a size, such as 4096, 512KiB, 10GiB");
  if (text == nullptr) return fallback;
  const absl::StatusOr<uint64_t> value = ParseBytes(*text);
  if (!value.ok()) {
    Fail(key, ToStd(value.status().message()));
  } else if (*value < min || *value > max) {
    Fail(key, StrCat("found ", config_internal::Quoted(*text), "; expected ",
                     max == std::numeric_limits<uint64_t>::max()
                         ? StrCat("at least ", BytesToText(min))
                         : StrCat("a size from ", BytesToText(min), " to ", BytesToText(max))));
  } else {
    return *value;
  }
  return fallback;
}

absl::Duration ConfigNode::Duration(std::string_view key, absl::Duration fallback, absl::Duration min,
                                    absl::Duration max) const {
  const std::string* const text = FindText(key, "a duration with a unit, such as 250ms, 1s, 5m, 7d");
  if (text == nullptr) return fallback;
  const absl::StatusOr<absl::Duration> value = ParseDuration(*text);
  if (!value.ok()) {
    Fail(key, ToStd(value.status().message()));
  } else if (*value < min || *value > max) {
    Fail(key, StrCat("found ", config_internal::Quoted(*text), "; expected ",
                     max == absl::InfiniteDuration()
                         ? StrCat("at least ", DurationToText(min))
                         : StrCat("a duration from ", DurationToText(min), " to ", DurationToText(max))));
  } else {
    return *value;
  }
  return fallback;
}

std::string ConfigNode::Choice(std::string_view key, std::string_view fallback,
                               std::vector<std::string_view> allowed) const {
  std::string expected = "one of";
  for (std::string_view word : allowed) StrAppend(&expected, word == allowed.front() ? " " : ", ", word);
  const std::string* const text = FindText(key, expected);
  if (text == nullptr) return std::string(fallback);
  if (std::find(allowed.begin(), allowed.end(), *text) != allowed.end()) return *text;
  const std::string_view nearest = NearestWord(*text, allowed);
  Fail(key, StrCat("found ", config_internal::Quoted(*text), "; expected ", expected,
                   nearest.empty() ? "" : StrCat("; did you mean \"", nearest, "\"?")));
  return std::string(fallback);
}

bool ConfigNode::Has(std::string_view key) const { return Find(key) != nullptr; }

void ConfigNode::Fail(std::string_view key, std::string_view problem) const {
  const Entry* const entry = Find(key);
  mapping_->file->Fail(entry != nullptr ? entry->position : mapping_->position, PathTo(*mapping_, key), problem);
}

std::string ConfigNode::Where(std::string_view key) const {
  const Entry* const entry = Find(key);
  return mapping_->file->Where(entry != nullptr ? entry->position : mapping_->position, PathTo(*mapping_, key));
}

absl::StatusOr<ConfigFile> ConfigFile::Load(const std::string& path) {
  SLUICE_ASSIGN_OR_RETURN(const std::string yaml, HostFileSystem()->ReadFile(path, config_internal::kYamlBytesMax));
  return Parse(yaml, path);
}

absl::StatusOr<ConfigFile> ConfigFile::Parse(std::string_view yaml, const std::string& name) {
  ConfigFile config = Empty();
  config.file_->name = name;
  SLUICE_ASSIGN_OR_RETURN(config.file_->tree, config_internal::ParseYaml(yaml, name));
  config.file_->root.node = config.file_->tree.root;
  return config;
}

ConfigFile ConfigFile::Empty() {
  auto file = std::make_shared<File>();
  file->root.file = file.get();
  file->root.node = nullptr;
  return ConfigFile(std::move(file));
}

ConfigNode ConfigFile::root() const { return ConfigNode(&file_->root); }

absl::Status ConfigFile::Finish() const {
  std::vector<config_internal::Error> errors = file_->errors;
  config_internal::FailUnknownKeys(file_->root, &errors);
  if (errors.empty()) return absl::OkStatus();
  std::sort(errors.begin(), errors.end());
  errors.erase(std::unique(errors.begin(), errors.end()), errors.end());
  std::string text;
  for (size_t i = 0; i < std::min(errors.size(), config_internal::kErrorsToldMax); ++i) {
    StrAppend(&text, i == 0 ? "" : "\n", errors[i].text);
  }
  if (errors.size() > config_internal::kErrorsToldMax) {
    StrAppend(&text, "\n… and ", errors.size() - config_internal::kErrorsToldMax, " more");
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace sluice
