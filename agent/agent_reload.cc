// Agent's part that takes up another configuration while it runs.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "agent/agent.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/process.h"
#include "base/status.h"

namespace sluice::agent {

void Agent::StartWatchingConfig() {
  if (options_.flags.config.empty() || options_.once) return;
  ConfigWatcher::Options options;
  options.path = options_.flags.config;
  options.fingerprint = options_.config_fingerprint;
  config_watcher_ = std::make_unique<ConfigWatcher>(std::move(options), HostFileSystem(), [this] { LoadAgain(); });
}

void Agent::Reload() {
  if (config_watcher_ != nullptr) return config_watcher_->Trigger();
  log::Info("agent", "there is no configuration file to read again");
}

// On the watcher's thread: reading, parsing and checking delay no line.
void Agent::LoadAgain() {
  const int64_t begun_at = clock_->MonotonicNanos();
  Loaded loaded{LoadAgentOptions(options_.flags, options_.id), begun_at};
  {
    MutexLock lock(&loaded_mutex_);
    loaded_ = std::move(loaded);  // one that was not taken yet is out of date
  }
  waker_.Wake();
}

void Agent::TakeReload() {
  std::optional<Loaded> loaded;
  {
    MutexLock lock(&loaded_mutex_);
    loaded.swap(loaded_);
  }
  if (!loaded.has_value()) return;
  if (!loaded->options.ok()) {
    RejectReload(loaded->options.status());
  } else {
    ApplyReload(*std::move(loaded->options));
    log::Info(
        "agent", "configuration read again",
        {{"sources", options_.sources.size()}, {"took_ms", (clock_->MonotonicNanos() - loaded->begun_at) / 1'000'000}});
  }
  last_status_ = 0;  // whoever looks at `sluice agents` sees it at once
}

void Agent::RejectReload(const absl::Status& status) {
  metrics_.CountReload(false);
  std::string reason(MessageOf(status));
  if (reason != config_error_) {
    log::Error("agent", "the configuration cannot be used; going on with the one before", {{"reason", reason}});
  }
  config_error_ = std::move(reason);
}

void Agent::ApplyReload(AgentOptions wanted) {
  metrics_.CountReload(true);
  config_error_.clear();
  for (const std::string& warning : wanted.warnings) log::Warn("agent", "configuration", {{"warning", warning}});
  const std::string restart = absl::StrJoin(NeedRestart(options_, wanted), ", ");
  if (!restart.empty() && restart != restart_said_) {
    log::Warn("agent", "some of what changed takes effect with the next start", {{"keys", restart}});
  }
  restart_said_ = restart;

  SourceDiff diff = DiffSources(options_.sources, wanted.sources);
  options_.sources = diff.sources;
  options_.limits = wanted.limits;
  options_.cpu_limit = wanted.cpu_limit;
  options_.close_idle = wanted.close_idle;
  options_.checkpoint_interval = wanted.checkpoint_interval;
  options_.checkpoint_records = wanted.checkpoint_records;
  ConfigureLimits();
  tracker_->OnLimitsChanged();
  tracker_->SetCloseIdle(options_.close_idle);
  if (diff.empty()) return;
  if (events_source_ != nullptr) diff.kept.insert(events_source_.get());
  tree_->SetSources(WithEvents(diff.sources));
  tracker_->OnSourcesChanged(diff.kept, diff.fresh);
  log::Info("agent", "sources changed",
            {{"added", absl::StrJoin(diff.added, " ")},
             {"removed", absl::StrJoin(diff.removed, " ")},
             {"changed", absl::StrJoin(diff.changed, " ")},
             {"unchanged", diff.sources.size() - diff.added.size() - diff.changed.size()}});
}

void Agent::ConfigureLimits() {
  const int64_t now = clock_->MonotonicNanos();
  std::vector<std::pair<std::string, RateLimit>> limits;
  limits.reserve(options_.sources.size());
  for (const auto& source : options_.sources) limits.emplace_back(source->options().name, source->options().limits);
  limiter_.Configure(options_.limits, limits, now);
  cpu_limiter_ = CpuLimiter(options_.cpu_limit, now, ProcessCpuNanos());
}

}  // namespace sluice::agent
