// A configured source: which files of a directory tree belong to it, and what is said of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/frame/framing.h"
#include "agent/limits/rate_limit.h"
#include "agent/parse/parser_factory.h"
#include "agent/process/processor.h"
#include "agent/source/path_captures.h"
#include "base/glob.h"

namespace sluice::agent {

enum class StartAt { kBeginning, kEnd };

// How changes are learnt of: from the kernel, unless the file system is one of which it does not know; from the kernel;
// or by looking again and again.
enum class WatchMode { kAuto, kInotify, kPoll };

struct SourceOptions {
  std::string name;
  std::string root;  // absolute. {name} in it or in `include` captures: in a Source it ends before the first of them
  std::vector<std::string> include = {"**/*"};
  std::vector<std::string> exclude = {"**/*.gz", "**/*.zst", "**/*.bz2", "**/*.xz", "**/*.zip", "**/*.lz4"};
  std::string topic = "{dir}";
  StartAt start_at = StartAt::kBeginning;
  ParserOptions parser;
  std::map<std::string, std::string> labels;
  WatchMode watch = WatchMode::kAuto;
  absl::Duration poll_interval = absl::Seconds(1);
  bool internal = false;  // the agent's own records: nothing is recorded of them, and they count nowhere
  FramingOptions framing;
  ProcessOptions process;
  RateLimit limits;

  // A reload leaves sources alone that are equal.
  friend bool operator==(const SourceOptions&, const SourceOptions&) = default;
};

// Immutable; thread-safe.
class Source {
 public:
  // InvalidArgument names the option and what is wrong with it. `agent` stands for {agent} in the topic.
  static absl::StatusOr<std::shared_ptr<const Source>> Create(SourceOptions options, std::string_view agent);

  const SourceOptions& options() const { return options_; }
  const ParserFactory& parsers() const { return *parsers_; }
  const Framing& framing() const { return framing_; }
  const Processor& processor() const { return processor_; }
  // If the file `path`, which is below root, is one of the source's: by its path relative to root.
  bool Includes(std::string_view path) const;
  // The topic of the file `path`, which is below root: the template filled in, each character that no topic may have
  // replaced by '_', cut to 249 characters. Always a legal topic.
  std::string TopicOf(std::string_view path) const;
  // The labels of the file `path`, which is below root: the source's, and what its patterns capture.
  std::map<std::string, std::string> LabelsOf(std::string_view path) const;

 private:
  Source() = default;
  absl::Status CompilePatterns();
  std::string_view Relative(std::string_view path) const;
  std::map<std::string, std::string> CapturesOf(std::string_view path) const;

  SourceOptions options_;
  std::string agent_;
  std::vector<Glob> include_;
  std::vector<Glob> exclude_;
  std::vector<PathCaptures> captures_;  // of `include`, those that have any
  std::optional<ParserFactory> parsers_;
  Framing framing_;
  Processor processor_;
};

}  // namespace sluice::agent
