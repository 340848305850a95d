// Topics from templates: "{dir}", "app.{source}.{dir}".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace sluice::agent {

struct TopicFields {
  std::string_view dir;  // of the file, relative to the source's root, "" for the root itself
  std::string_view file;
  std::string_view source;
  std::string_view agent;
  std::map<std::string, std::string> captures = {};  // the names of the source's patterns
};

// InvalidArgument with the character where it is no template, or an unknown field with the known ones. `captures`:
// names that are fields, too.
absl::Status CheckTopicTemplate(std::string_view text, const std::vector<std::string>& captures = {});

// Fills in a checked template. {dir} is the sub-directory path with '.' for '/', the source's name for the root itself.
// What no topic may contain becomes '_'; more than 249 characters are cut.
std::string FillTopicTemplate(std::string_view text, const TopicFields& fields);

}  // namespace sluice::agent
