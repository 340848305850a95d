#include "agent/source/topic_template.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_replace.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

constexpr size_t kTopicLengthMax = 249;

bool IsTopicCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool IsField(std::string_view name) { return name == "dir" || name == "file" || name == "source" || name == "agent"; }

std::string ValueOf(std::string_view name, const TopicFields& fields) {
  if (name == "file") return std::string(fields.file);
  if (name == "agent") return std::string(fields.agent);
  if (name == "source") return std::string(fields.source);
  if (name != "dir") {
    const auto found = fields.captures.find(std::string(name));
    return found != fields.captures.end() ? found->second : std::string("_");
  }
  if (fields.dir.empty()) return std::string(fields.source);
  std::string dir(fields.dir);
  std::replace(dir.begin(), dir.end(), '/', '.');
  return dir;
}

}  // namespace

absl::Status CheckTopicTemplate(std::string_view text, const std::vector<std::string>& captures) {
  if (text.empty()) return InvalidArgument("found \"\"; expected a topic or a template such as \"{dir}\"");
  if (text == "." || text == "..") return InvalidArgument("found \"", text, "\", which is no topic");
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      size_t end = text.find('}', i);
      if (end == std::string_view::npos) return InvalidArgument("'{' at character ", i + 1, " is not closed");
      std::string_view name = text.substr(i + 1, end - i - 1);
      if (!IsField(name) && std::find(captures.begin(), captures.end(), name) == captures.end()) {
        std::string allowed = "{dir}, {file}, {source}, {agent}";
        for (const std::string& capture : captures) StrAppend(&allowed, ", {", capture, "}");
        return InvalidArgument("unknown field {", name, "}; allowed: ", allowed);
      }
      i = end;
    } else if (!IsTopicCharacter(text[i])) {
      return InvalidArgument("found '", text.substr(i, 1), "' at character ", i + 1,
                             "; a topic has letters, digits, '.', '_' and '-' only");
    }
  }
  return absl::OkStatus();
}

std::string FillTopicTemplate(std::string_view text, const TopicFields& fields) {
  std::string topic;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      size_t end = text.find('}', i);
      topic += ValueOf(text.substr(i + 1, end - i - 1), fields);
      i = end;
    } else {
      topic += text[i];
    }
  }
  // What is not UTF-8 in a path is U+FFFD where the collector tells of it: both give one topic.
  topic = absl::StrReplaceAll(ReplaceInvalidUtf8(topic), {{"\uFFFD", "_"}});
  std::replace_if(topic.begin(), topic.end(), [](char c) { return !IsTopicCharacter(c); }, '_');
  if (topic.size() > kTopicLengthMax) topic.resize(kTopicLengthMax);
  if (topic.empty() || topic == "." || topic == "..") topic.append("_");
  return topic;
}

}  // namespace sluice::agent
