#include "agent/reload/source_diff.h"

#include <deque>
#include <map>

namespace sluice::agent {
namespace {

bool SameFiles(const SourceOptions& a, const SourceOptions& b) {
  return a.root == b.root && a.include == b.include && a.exclude == b.exclude;
}

}  // namespace

SourceDiff DiffSources(const SourceList& running, const SourceList& wanted) {
  std::map<std::string, std::deque<std::shared_ptr<const Source>>> by_name;
  for (const auto& source : running) by_name[source->options().name].push_back(source);
  SourceDiff diff;
  for (const auto& source : wanted) {
    const std::string& name = source->options().name;
    auto& same_name = by_name[name];
    if (same_name.empty()) {
      diff.added.push_back(name);
      diff.fresh.insert(source.get());
      diff.sources.push_back(source);
      continue;
    }
    std::shared_ptr<const Source> before = same_name.front();
    same_name.pop_front();
    if (before->options() == source->options()) {
      diff.kept.insert(before.get());
      diff.sources.push_back(before);
      continue;
    }
    diff.changed.push_back(name);
    if (!SameFiles(before->options(), source->options())) diff.fresh.insert(source.get());
    diff.sources.push_back(source);
  }
  for (const auto& [name, left] : by_name) diff.removed.insert(diff.removed.end(), left.size(), name);
  diff.reordered = diff.added.empty() && diff.removed.empty() && diff.changed.empty() && diff.sources != running;
  return diff;
}

}  // namespace sluice::agent
