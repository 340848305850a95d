#include "collector/route/route.h"

#include <algorithm>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector {
namespace {

constexpr int64_t kRegexMemoryMax = 8 << 20;

}  // namespace

absl::StatusOr<Route> Route::Compile(const RouteOptions& options, const std::string& dead_letter_topic) {
  Route route;
  route.name_ = options.name;
  route.dead_letter_topic_ = dead_letter_topic;
  route.drop_ = options.drop;
  SLUICE_RETURN_IF_ERROR(route.CompileMatch(options.match));
  route.keep_topic_ = options.topic.empty() && !options.drop;
  if (!options.topic.empty()) {
    absl::StatusOr<RouteTemplate> topic = RouteTemplate::Compile(options.topic);
    if (!topic.ok()) return Annotate(topic.status(), "topic");
    route.topics_.push_back(*std::move(topic));
  }
  for (size_t i = 0; i < options.copy_to.size(); ++i) {
    absl::StatusOr<RouteTemplate> topic = RouteTemplate::Compile(options.copy_to[i]);
    if (!topic.ok()) return Annotate(topic.status(), StrCat("copy_to[", i, "]"));
    route.topics_.push_back(*std::move(topic));
  }
  return route;
}

absl::Status Route::CompileMatch(const RouteMatch& match) {
  struct Pattern {
    std::string_view key;
    std::string_view text;
    std::string_view SharedFields::* field;
    Glob::Kind kind;
  };
  for (const Pattern& pattern : {Pattern{"topic", match.topic, &SharedFields::topic, Glob::Kind::kTopic},
                                 Pattern{"path", match.path, &SharedFields::path, Glob::Kind::kPath},
                                 Pattern{"agent", match.agent, &SharedFields::agent, Glob::Kind::kTopic},
                                 Pattern{"source", match.source, &SharedFields::source, Glob::Kind::kTopic}}) {
    if (pattern.text.empty()) continue;
    absl::StatusOr<Glob> glob = Glob::Compile(pattern.text, pattern.kind);
    if (!glob.ok()) return Annotate(glob.status(), pattern.key);
    fields_.push_back({pattern.field, *std::move(glob)});
  }
  for (const auto& [name, text] : match.labels) {
    absl::StatusOr<Glob> glob = Glob::Compile(text, Glob::Kind::kTopic);
    if (!glob.ok()) return Annotate(glob.status(), StrCat("labels.", name));
    labels_.emplace_back(name, *std::move(glob));
  }
  severities_ = ~uint32_t{0} << match.min_severity;
  if (match.regex.empty()) return absl::OkStatus();
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemoryMax);
  regex_ = std::make_unique<re2::RE2>(match.regex, options);
  if (regex_->ok()) return absl::OkStatus();
  return InvalidArgument("regex: ", regex_->error(), " (RE2 syntax: github.com/google/re2/wiki/Syntax)");
}

bool Route::MatchesShared(const SharedFields& shared) const {
  return std::all_of(fields_.begin(), fields_.end(),
                     [&](const FieldGlob& field) { return field.glob.Matches(shared.*field.field); }) &&
         std::all_of(labels_.begin(), labels_.end(), [&](const auto& label) {
           const std::optional<std::string_view> value = shared.Label(label.first);
           return value.has_value() && label.second.Matches(*value);
         });
}

Route::Verdict Route::Judge(const BatchView& batch, const SharedFields& shared) const {
  if ((batch.severities & severities_) == 0 || !MatchesShared(shared)) return Verdict::kNone;
  const bool all = (batch.severities & ~severities_) == 0 && regex_ == nullptr;
  return all ? Verdict::kAll : Verdict::kSome;
}

bool Route::Matches(const RecordView& record) const {
  if ((severities_ >> record.severity & 1) == 0) return false;
  if (regex_ == nullptr) return true;
  // Not the exact line: to an expression a byte that is no UTF-8 is nothing, not even "any character".
  const re2::StringPiece body(record.body.data(), record.body.size());
  return regex_->Match(body, 0, body.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

std::vector<Destination> Route::Destinations(const SharedFields& shared) const {
  std::vector<Destination> destinations;
  if (keep_topic_) destinations.push_back({std::string(shared.topic)});
  for (const RouteTemplate& topic : topics_) {
    absl::StatusOr<std::string> filled = topic.Fill(shared);
    Destination destination;
    if (filled.ok()) {
      destination.topic = *std::move(filled);
    } else {
      destination.topic = dead_letter_topic_;
      destination.add_labels =
          DeadLetterLabels(kReasonRoute, StrCat("route '", name_, "': ", MessageOf(filled.status())), shared.topic);
      destination.dead_letter = kReasonRoute;
    }
    const bool known = std::any_of(destinations.begin(), destinations.end(),
                                   [&](const Destination& other) { return other.topic == destination.topic; });
    if (!known) destinations.push_back(std::move(destination));
  }
  return destinations;
}

}  // namespace sluice::collector
