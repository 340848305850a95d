#include "agent/source/source.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/source/topic_template.h"
#include "base/file_system.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::agent {
namespace {

absl::Status AddGlob(std::string_view option, std::string_view pattern, std::vector<Glob>* globs) {
  absl::StatusOr<Glob> glob = Glob::Compile(pattern, Glob::Kind::kPath);
  if (!glob.ok()) return Annotate(glob.status(), option);
  globs->push_back(*std::move(glob));
  return absl::OkStatus();
}

// Takes off `root` what begins with the first directory that has a {name} in it: "{service}/{env}/".
std::string TakeCaptures(std::string* root) {
  const size_t brace = root->find('{');
  if (brace == std::string::npos) return "";
  const size_t slash = root->rfind('/', brace);
  std::string rest = root->substr(slash + 1) + "/";
  root->resize(std::max<size_t>(slash, 1));
  return rest;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Source>> Source::Create(SourceOptions options, std::string_view agent) {
  std::shared_ptr<Source> source(new Source);
  SLUICE_ASSIGN_OR_RETURN(source->parsers_, ParserFactory::Create(options.parser));
  SLUICE_ASSIGN_OR_RETURN(source->framing_, Framing::Create(options.framing));
  SLUICE_ASSIGN_OR_RETURN(source->processor_, Processor::Create(options.process));
  source->agent_ = agent;
  source->options_ = std::move(options);
  SLUICE_RETURN_IF_ERROR(source->CompilePatterns());
  return source;
}

absl::Status Source::CompilePatterns() {
  const std::string prefix = TakeCaptures(&options_.root);
  std::vector<std::string> in_all;  // names that every pattern has
  for (size_t i = 0; i < options_.include.size(); ++i) {
    absl::StatusOr<PathCaptures> captures = PathCaptures::Compile(prefix + options_.include[i]);
    if (!captures.ok()) return Annotate(captures.status(), "include");
    SLUICE_RETURN_IF_ERROR(AddGlob("include", captures->glob(), &include_));
    const std::vector<std::string>& names = captures->names();
    if (i == 0) in_all = names;
    std::erase_if(in_all, [&](const auto& name) { return std::find(names.begin(), names.end(), name) == names.end(); });
    if (!names.empty()) captures_.push_back(*std::move(captures));
  }
  for (const std::string& pattern : options_.exclude) {
    absl::StatusOr<PathCaptures> captures = PathCaptures::Compile(prefix + pattern);
    if (!captures.ok()) return Annotate(captures.status(), "exclude");
    SLUICE_RETURN_IF_ERROR(AddGlob("exclude", captures->glob(), &exclude_));
  }
  return Annotate(CheckTopicTemplate(options_.topic, in_all), "topic");
}

std::map<std::string, std::string> Source::CapturesOf(std::string_view path) const {
  std::map<std::string, std::string> values;
  for (const PathCaptures& captures : captures_) {
    if (captures.Match(Relative(path), &values)) break;
  }
  return values;
}

std::map<std::string, std::string> Source::LabelsOf(std::string_view path) const {
  std::map<std::string, std::string> labels = options_.labels;
  labels.merge(CapturesOf(path));  // what is written out counts
  return labels;
}

std::string_view Source::Relative(std::string_view path) const {
  path.remove_prefix(options_.root.size());
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return path;
}

bool Source::Includes(std::string_view path) const {
  std::string_view relative = Relative(path);
  return MatchesAny(include_, relative) && !MatchesAny(exclude_, relative);
}

std::string Source::TopicOf(std::string_view path) const {
  std::string_view relative = Relative(path);
  std::string_view file = BaseNameOf(relative);
  std::string_view dir = relative.substr(0, relative.size() - file.size());
  if (!dir.empty()) dir.remove_suffix(1);
  return FillTopicTemplate(
      options_.topic,
      {.dir = dir, .file = file, .source = options_.name, .agent = agent_, .captures = CapturesOf(path)});
}

}  // namespace sluice::agent
