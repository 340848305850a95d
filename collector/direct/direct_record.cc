#include "collector/direct/direct_record.h"

#include <algorithm>

#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "collector/log/batch_view.h"

namespace sluice::collector {
namespace {

constexpr std::string_view kOwnTopics = "sluice.";
// Of service, environment and host.
constexpr size_t kNameBytesMax = 256;

bool IsTopicCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

absl::StatusOr<DirectTopic> DirectTopic::Compile(const std::string& text) {
  if (text.empty()) return InvalidArgument("found \"\"; expected a topic or a template such as \"{service}\"");
  DirectTopic topic;
  std::string_view rest = text;
  while (!rest.empty()) {
    if (rest.front() == '{') {
      const std::string_view field = rest.substr(0, std::min(rest.find('}'), rest.size() - 1) + 1);
      if (field != "{service}" && field != "{environment}") {
        return InvalidArgument("unknown field ", Quoted(field), "; allowed: {service}, {environment}");
      }
      topic.pieces_.push_back({field == "{service}" ? Piece::Kind::kService : Piece::Kind::kEnvironment, {}});
      rest.remove_prefix(field.size());
      continue;
    }
    if (!IsTopicCharacter(rest.front())) {
      return InvalidArgument("found ", Quoted(rest.substr(0, 1)), " at character ", text.size() - rest.size() + 1,
                             "; a topic has letters, digits, '.', '_' and '-' only");
    }
    if (topic.pieces_.empty() || topic.pieces_.back().kind != Piece::Kind::kText) topic.pieces_.push_back({});
    topic.pieces_.back().text += rest.front();
    rest.remove_prefix(1);
  }
  if (topic.pieces_.size() == 1 && topic.pieces_[0].kind == Piece::Kind::kText) {
    SLUICE_RETURN_IF_ERROR(CheckTopicName(text));
  }
  return topic;
}

absl::StatusOr<std::string> DirectTopic::Fill(const DirectRecord& record) const {
  std::string topic;
  for (const Piece& piece : pieces_) {
    if (piece.kind == Piece::Kind::kText) {
      topic += piece.text;
      continue;
    }
    const bool is_service = piece.kind == Piece::Kind::kService;
    std::string value = is_service ? record.service : record.environment;
    if (value.empty())
      return InvalidArgument(is_service ? "service" : "environment", " is missing: the topic needs it");
    std::replace_if(value.begin(), value.end(), [](char c) { return !IsTopicCharacter(c); }, '_');
    topic += value;
  }
  SLUICE_RETURN_IF_ERROR(Annotate(CheckTopicName(topic), "the topic"));
  if (topic.starts_with(kOwnTopics)) return InvalidArgument("the topic ", Quoted(topic), " is one of Sluice's own");
  return topic;
}

absl::Status CheckDirectRecord(const DirectRecord& record, size_t bytes_max) {
  for (const std::string* name : {&record.service, &record.environment, &record.host}) {
    if (name->size() > kNameBytesMax) {
      return InvalidArgument("service, environment or host has ", name->size(), " bytes: allowed are ", kNameBytesMax);
    }
    if (!IsValidUtf8(*name)) return InvalidArgument("service, environment or host is not UTF-8");
  }
  const size_t bytes = record.record.ByteSizeLong();
  if (bytes > bytes_max) return InvalidArgument("the record has ", bytes, " bytes: allowed are ", bytes_max);
  return absl::OkStatus();
}

}  // namespace sluice::collector
