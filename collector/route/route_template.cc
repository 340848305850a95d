#include "collector/route/route_template.h"

#include <algorithm>

#include "base/status.h"
#include "collector/log/batch_view.h"

namespace sluice::collector {
namespace {

constexpr std::string_view kLabelPrefix = "label.";

bool IsTopicCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool IsField(std::string_view name) {
  return name == "topic" || name == "agent" || name == "source" ||
         (name.starts_with(kLabelPrefix) && name.size() > kLabelPrefix.size());
}

std::string_view ValueOf(std::string_view field, const SharedFields& shared) {
  if (field == "topic") return shared.topic;
  if (field == "agent") return shared.agent;
  if (field == "source") return shared.source;
  return shared.Label(field.substr(kLabelPrefix.size())).value_or("");
}

}  // namespace

absl::StatusOr<RouteTemplate> RouteTemplate::Compile(std::string_view text) {
  if (text.empty()) return InvalidArgument("found \"\"; expected a topic or a template such as \"{topic}.errors\"");
  RouteTemplate compiled;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      const size_t end = text.find('}', i);
      if (end == std::string_view::npos) return InvalidArgument("'{' at character ", i + 1, " is not closed");
      const std::string_view name = text.substr(i + 1, end - i - 1);
      if (!IsField(name)) {
        return InvalidArgument("unknown field {", name, "}; allowed: {topic}, {agent}, {source}, {label.NAME}");
      }
      compiled.pieces_.push_back({true, std::string(name)});
      i = end;
    } else if (!IsTopicCharacter(text[i])) {
      return InvalidArgument("found '", text.substr(i, 1), "' at character ", i + 1,
                             "; a topic has letters, digits, '.', '_' and '-' only");
    } else {
      if (compiled.pieces_.empty() || compiled.pieces_.back().is_field) compiled.pieces_.push_back({});
      compiled.pieces_.back().text += text[i];
    }
  }
  if (compiled.pieces_.size() == 1 && !compiled.pieces_[0].is_field) {
    SLUICE_RETURN_IF_ERROR(CheckTopicName(compiled.pieces_[0].text));
  }
  return compiled;
}

absl::StatusOr<std::string> RouteTemplate::Fill(const SharedFields& shared) const {
  std::string topic;
  for (const Piece& piece : pieces_) {
    if (!piece.is_field) {
      topic += piece.text;
      continue;
    }
    std::string value(ValueOf(piece.text, shared));
    if (value.empty()) return InvalidArgument("{", piece.text, "} is empty: the batch has no such value");
    std::replace_if(value.begin(), value.end(), [](char c) { return !IsTopicCharacter(c); }, '_');
    topic += value;
  }
  SLUICE_RETURN_IF_ERROR(Annotate(CheckTopicName(topic), "filled in"));
  return topic;
}

}  // namespace sluice::collector
