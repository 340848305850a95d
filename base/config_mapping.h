// A configuration file while it is read: what was asked for, and what was wrong. Only for config.cc.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/config_tree.h"

namespace sluice::config_internal {

struct File;

// A mapping of the file as one place of the code reads it. With aliases several of them may stand for one node.
struct Mapping {
  File* file = nullptr;
  const Node* node = nullptr;  // null: missing
  Position position;           // of its key
  std::string path;            // "sources[1]"
  std::set<std::string, std::less<>> asked;
  std::map<std::string, std::unique_ptr<Mapping>, std::less<>> children;  // by key, or key and index

  // "sources[1].root"
  std::string PathTo(std::string_view key) const;
  // The one mapping that stands for `key` ("sources[1]" for an item of a list), missing if there is no mapping.
  Mapping* Child(const std::string& key, const Entry* entry);
};

struct Error {
  Position position;
  std::string text;
  friend auto operator<=>(const Error&, const Error&) = default;
};

struct File {
  std::vector<std::string> names;  // of the files, by number; none: there is no file
  Tree tree;
  Mapping root;
  std::vector<Error> errors;

  // "agent.yaml:12: sources[1].root"
  std::string Where(Position position, std::string_view path) const;
  void Fail(Position position, std::string_view path, std::string_view problem);
  // All errors, and the keys that nobody asked for, in the order of the file.
  absl::Status Finish() const;
};

// What is expected, as errors put it.
inline constexpr std::string_view kText = "a text, in quotes if it begins with '{' or '['";
inline constexpr std::string_view kSize = "a size, such as 4096, 512KiB, 10GiB";
inline constexpr std::string_view kDuration = "a duration with a unit, such as 250ms, 1s, 5m, 7d";

// "found a list; expected …"
std::string Problem(const Node& node, std::string_view expected);

}  // namespace sluice::config_internal
