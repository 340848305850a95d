#include "base/config.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/numbers.h"
#include "base/config_mapping.h"
#include "base/config_tree.h"
#include "base/file_system.h"
#include "base/nearest_word.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice {

using config_internal::Entry;
using config_internal::File;
using config_internal::Node;
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

void ConfigNode::FailText(std::string_view key, std::string_view text, std::string_view expected) const {
  Fail(key, StrCat("found ", Quoted(text), "; expected ", expected));
}

ConfigNode ConfigNode::Map(std::string_view key) const {
  const Entry* const entry = Find(key);
  if (entry != nullptr && entry->value->kind != Node::Kind::kMapping && entry->value->kind != Node::Kind::kNull) {
    Fail(key, Problem(*entry->value, "a mapping (lines of \"key: value\" below it, or {key: value})"));
  }
  return ConfigNode(mapping_->Child(std::string(key), entry));
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
      maps.push_back(ConfigNode(mapping_->Child(name, &item)));
    } else {
      mapping_->file->Fail(item.position, mapping_->PathTo(name), Problem(*item.value, "a mapping"));
    }
  }
  return maps;
}

std::string ConfigNode::String(std::string_view key, std::string_view fallback) const {
  const std::string* const text = FindText(key, config_internal::kText);
  return text != nullptr ? *text : std::string(fallback);
}

std::string ConfigNode::Path(std::string_view key, std::string_view fallback) const {
  std::string path = String(key, fallback);
  if (path.empty()) Fail(key, "found \"\"; expected a path");
  return path;
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
      const std::string name = StrCat(key, "[", i, "]");
      mapping_->file->Fail(item.position, mapping_->PathTo(name), Problem(*item.value, config_internal::kText));
    }
  }
  return strings;
}

std::map<std::string, std::string> ConfigNode::StringMap(std::string_view key) const {
  const ConfigNode map = Map(key);
  std::map<std::string, std::string> strings;
  if (map.mapping_->node == nullptr) return strings;
  for (const auto& [name, entry] : map.mapping_->node->entries) {
    const std::string* const text = map.FindText(name, config_internal::kText);
    if (text != nullptr) strings.emplace(name, *text);
  }
  return strings;
}

bool ConfigNode::Bool(std::string_view key, bool fallback) const {
  static constexpr std::string_view kExpected = "true or false";
  const std::string* const text = FindText(key, kExpected);
  if (text == nullptr) return fallback;
  if (*text == "true" || *text == "false") return *text == "true";
  FailText(key, *text, kExpected);
  return fallback;
}

int64_t ConfigNode::Int(std::string_view key, int64_t fallback, int64_t min, int64_t max) const {
  const bool unbounded = max == std::numeric_limits<int64_t>::max();
  const std::string expected =
      StrCat("a whole number ", unbounded ? StrCat("of at least ", min) : StrCat("from ", min, " to ", max));
  const std::string* const text = FindText(key, expected);
  if (text == nullptr) return fallback;
  int64_t value;
  if (absl::SimpleAtoi(*text, &value) && value >= min && value <= max) return value;
  FailText(key, *text, expected);
  return fallback;
}

double ConfigNode::Number(std::string_view key, double fallback, double min, double max) const {
  const std::string* const text = FindText(key, "a number");
  if (text == nullptr) return fallback;
  double value;
  if (!absl::SimpleAtod(*text, &value) || !std::isfinite(value)) {
    FailText(key, *text, "a number");
  } else if (value < min || value > max) {
    FailText(key, *text, StrCat("a number from ", min, " to ", max));
  } else {
    return value;
  }
  return fallback;
}

uint64_t ConfigNode::Bytes(std::string_view key, uint64_t fallback, uint64_t min, uint64_t max) const {
  const bool unbounded = max == std::numeric_limits<uint64_t>::max();
  const std::string* const text = FindText(key, config_internal::kSize);
  if (text == nullptr) return fallback;
  const absl::StatusOr<uint64_t> value = ParseBytes(*text);
  if (value.ok() && *value >= min && *value <= max) return *value;
  if (!value.ok()) {
    Fail(key, ToStd(value.status().message()));
  } else {
    FailText(key, *text,
             unbounded ? StrCat("at least ", BytesToText(min))
                       : StrCat("a size from ", BytesToText(min), " to ", BytesToText(max)));
  }
  return fallback;
}

absl::Duration ConfigNode::Duration(std::string_view key, absl::Duration fallback, absl::Duration min,
                                    absl::Duration max) const {
  const std::string* const text = FindText(key, config_internal::kDuration);
  if (text == nullptr) return fallback;
  const absl::StatusOr<absl::Duration> value = ParseDuration(*text);
  if (value.ok() && *value >= min && *value <= max) return *value;
  if (!value.ok()) {
    Fail(key, ToStd(value.status().message()));
  } else {
    FailText(key, *text,
             max == absl::InfiniteDuration()
                 ? StrCat("at least ", DurationToText(min))
                 : StrCat("a duration from ", DurationToText(min), " to ", DurationToText(max)));
  }
  return fallback;
}

std::string ConfigNode::Choice(std::string_view key, std::string_view fallback,
                               std::vector<std::string_view> allowed) const {
  std::string expected = "one of";
  for (size_t i = 0; i < allowed.size(); ++i) StrAppend(&expected, i == 0 ? " " : ", ", allowed[i]);
  const std::string* const text = FindText(key, expected);
  if (text == nullptr) return std::string(fallback);
  if (std::find(allowed.begin(), allowed.end(), *text) != allowed.end()) return *text;
  const std::string_view nearest = NearestWord(*text, allowed);
  FailText(key, *text, nearest.empty() ? expected : StrCat(expected, "; did you mean \"", nearest, "\"?"));
  return std::string(fallback);
}

bool ConfigNode::Has(std::string_view key) const { return Find(key) != nullptr; }

bool ConfigNode::IsList(std::string_view key) const {
  const Entry* const entry = Find(key);
  return entry != nullptr && entry->value->kind == Node::Kind::kList;
}

void ConfigNode::Fail(std::string_view key, std::string_view problem) const {
  const Entry* const entry = Find(key);
  mapping_->file->Fail(entry != nullptr ? entry->position : mapping_->position, mapping_->PathTo(key), problem);
}

std::string ConfigNode::Where(std::string_view key) const {
  const Entry* const entry = Find(key);
  return mapping_->file->Where(entry != nullptr ? entry->position : mapping_->position, mapping_->PathTo(key));
}

absl::StatusOr<ConfigFile> ConfigFile::Load(const std::string& path) {
  SLUICE_ASSIGN_OR_RETURN(const std::string yaml, HostFileSystem()->ReadFile(path, config_internal::kYamlBytesMax));
  return Parse(yaml, path);
}

absl::StatusOr<ConfigFile> ConfigFile::Parse(std::string_view yaml, const std::string& name) {
  ConfigFile config = Empty();
  config.file_->names = {name};
  SLUICE_ASSIGN_OR_RETURN(config.file_->tree, config_internal::ParseYaml(yaml, name));
  config.file_->root.node = config.file_->tree.root;
  return config;
}

absl::StatusOr<ConfigFile> ConfigFile::LoadAll(const std::vector<std::string>& paths,
                                               const std::vector<std::string_view>& appended) {
  ConfigFile config = Empty();
  config_internal::File& file = *config.file_;
  file.names = paths;
  for (size_t i = 0; i < paths.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(const std::string yaml,
                            HostFileSystem()->ReadFile(paths[i], config_internal::kYamlBytesMax));
    SLUICE_ASSIGN_OR_RETURN(config_internal::Tree tree,
                            config_internal::ParseYaml(yaml, paths[i], static_cast<int>(i)));
    for (const auto& conflict : config_internal::MergeTrees(std::move(tree), appended, &file.tree)) {
      file.Fail(conflict.second, conflict.path,
                StrCat("found here, and also in ", file.Where(conflict.first, ""), "; say it in one place"));
    }
  }
  file.root.node = file.tree.root;
  return config;
}

ConfigFile ConfigFile::Empty() {
  auto file = std::make_shared<File>();
  file->root.file = file.get();
  return ConfigFile(std::move(file));
}

ConfigNode ConfigFile::root() const { return ConfigNode(&file_->root); }

absl::Status ConfigFile::Finish() const { return file_->Finish(); }

}  // namespace sluice
