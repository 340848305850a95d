#include "agent/source/source.h"

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

absl::StatusOr<std::vector<Glob>> CompileAll(std::string_view option, const std::vector<std::string>& patterns) {
  std::vector<Glob> globs;
  for (const std::string& pattern : patterns) {
    absl::StatusOr<Glob> glob = Glob::Compile(pattern, Glob::Kind::kPath);
    if (!glob.ok()) return Annotate(glob.status(), option);
    globs.push_back(*std::move(glob));
  }
  return globs;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Source>> Source::Create(SourceOptions options, std::string_view agent) {
  std::shared_ptr<Source> source(new Source);
  SLUICE_ASSIGN_OR_RETURN(source->include_, CompileAll("include", options.include));
  SLUICE_ASSIGN_OR_RETURN(source->exclude_, CompileAll("exclude", options.exclude));
  SLUICE_RETURN_IF_ERROR(Annotate(CheckTopicTemplate(options.topic), "topic"));
  SLUICE_ASSIGN_OR_RETURN(source->parsers_, ParserFactory::Create(options.parser));
  source->agent_ = agent;
  source->options_ = std::move(options);
  return source;
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
  return FillTopicTemplate(options_.topic, {.dir = dir, .file = file, .source = options_.name, .agent = agent_});
}

}  // namespace sluice::agent
