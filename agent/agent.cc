#include "agent/agent.h"

#include <malloc.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/process.h"
#include "base/program.h"
#include "base/status.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

// Writing checkpoints by count takes at most about one part in fifty of the time, however many files there are.
constexpr int64_t kCheckpointNanosMin = 10'000'000;
constexpr int64_t kCheckpointNanosPerFile = 20'000;
// How long a stop waits for what is under way; the service manager's patience is longer.
constexpr absl::Duration kDrainGrace = absl::Seconds(5);
// Memory is given back when nothing was acknowledged for so long, and at most so often.
constexpr int64_t kQuietNanos = 2'000'000'000;
constexpr int64_t kTrimSpacingNanos = 60'000'000'000;
// A pause for the CPU limit looks this often whether to stop.
constexpr int64_t kPauseStepNanos = 50'000'000;
// Files that are gone are remembered up to this number.
constexpr size_t kFilesRemembered = 100'000;
// Of the process's limit of open files, what is left for everything else.
constexpr size_t kOtherDescriptors = 64;

Tailer::Options TailerOptions(const AgentOptions& options) {
  Tailer::Options tailer;
  tailer.window_bytes = options.window_bytes;
  tailer.reader.max_line_bytes = options.max_line_bytes;
  tailer.reader.chunk_bytes = std::max<size_t>(1 << 20, options.max_line_bytes + (64 << 10));
  return tailer;
}

// Before any thread is started: they take it over.
void ApplyPriorities(const PriorityOptions& priority) {
  absl::Status nice = priority.nice.has_value() ? SetNice(*priority.nice) : absl::OkStatus();
  absl::Status ionice = priority.ionice.has_value() ? SetIoPriority(*priority.ionice) : absl::OkStatus();
  for (const absl::Status& status : {nice, ionice}) {
    if (!status.ok()) log::Warn("agent", "going on with the priority as it is", {{"reason", status}});
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> Agent::Create(AgentOptions options, const Clock* clock) {
  if (options.standard_input != nullptr) SLUICE_RETURN_IF_ERROR(CheckStandardInput());
  std::unique_ptr<Agent> agent(new Agent(std::move(options), clock));
  SLUICE_RETURN_IF_ERROR(agent->OpenStateDirectory());
  ApplyPriorities(agent->options_.priority);
  agent->CreateStages();
  SLUICE_RETURN_IF_ERROR(agent->StartHttp());
  return agent;
}

Agent::Agent(AgentOptions options, const Clock* clock)
    : options_(std::move(options)),
      clock_(clock),
      registry_(std::make_shared<prometheus::Registry>()),
      metrics_(registry_.get()),
      store_(options_.state_dir, HostFileSystem()),
      buffers_(Tailer::BufferBytes(TailerOptions(options_)), /*kept=*/3),
      cpu_limiter_(0, 0, 0) {}

Agent::~Agent() { Stop(); }

absl::Status Agent::OpenStateDirectory() {
  constexpr std::string_view kAdvice =
      "the state directory cannot be used; make it writable or choose another --state-dir";
  SLUICE_RETURN_IF_ERROR(Annotate(HostFileSystem()->CreateDirectories(options_.state_dir), kAdvice));
  SLUICE_ASSIGN_OR_RETURN(lock_, LockFile::Acquire(JoinPath(options_.state_dir, "lock"), "--state-dir"));
  absl::StatusOr<std::string> instance = store_.InstanceId();
  if (!instance.ok()) return Annotate(instance.status(), kAdvice);
  hello_.set_agent(options_.id);
  hello_.set_instance(*instance);
  hello_.set_host(ReplaceInvalidUtf8(options_.host));
  hello_.set_version(std::string(Version()));
  hello_.set_start_time_unix_nano(static_cast<uint64_t>(clock_->UnixNanos()));
  return absl::OkStatus();
}

void Agent::CreateStages() {
  absl::StatusOr<std::unique_ptr<DirectoryWatcher>> watcher = NewInotifyWatcher();
  if (watcher.ok()) {
    watcher_ = *std::move(watcher);
  } else {
    log::Warn("agent", "no inotify; looking at all directories again and again", {{"reason", watcher.status()}});
  }
  Shipper::Options shipper;
  shipper.addresses = options_.collectors;
  shipper.tls = options_.tls;
  shipper.hello = hello_;
  shipper_ = std::make_unique<Shipper>(std::move(shipper), &waker_, &metrics_);

  CreateEvents();
  size_t descriptors = RaiseOpenFilesLimit();
  FileTracker::Options tracker;
  tracker.agent = options_.id;
  tracker.host = options_.host;
  tracker.open_files_max = descriptors > 2 * kOtherDescriptors ? descriptors - kOtherDescriptors : kOtherDescriptors;
  tracker.deleted_keep_open = options_.deleted_keep_open;
  tracker.deleted_bytes_max = options_.deleted_bytes_max;
  tracker.close_idle = options_.close_idle;
  tracker.limiter = &limiter_;
  tracker.source_of = [this](const std::string& path) { return tree_->SourceOf(path); };
  tracker.sources = [this]() -> const SourceList& { return tree_->sources(); };
  tracker_ = std::make_unique<FileTracker>(std::move(tracker), HostFileSystem(), clock_, &metrics_, events_.get());
  for (const std::shared_ptr<const Source>& source : options_.sources) {
    metrics_.CountParseErrors(source->options().name, 0);  // so that every source is there from the start
  }
  tracker_->Learn(store_.Load());

  tree_ = std::make_unique<WatchTree>(WatchTree::Options(), WithEvents(options_.sources), HostFileSystem(),
                                      watcher_.get(), clock_, tracker_.get(), &metrics_);
  tailer_ = std::make_unique<Tailer>(TailerOptions(options_), tracker_.get(), shipper_.get(), &buffers_, &limiter_,
                                     clock_, &metrics_);
  checkpoints_ = std::make_unique<CheckpointWriter>(&store_, &metrics_);
  ConfigureLimits();
  OpenStandardInput();
}

// The lifecycle records are a source like any other, before the others: one of them may include the state directory.
void Agent::CreateEvents() {
  if (!options_.events) return;
  EventLog::Options events;
  events.directory = JoinPath(options_.state_dir, "events");
  if (absl::Status made = HostFileSystem()->CreateDirectories(events.directory); !made.ok()) {
    return log::Error("agent", "no lifecycle records", {{"reason", made}});
  }
  SourceOptions source;
  source.name = EventLog::kTopic;
  source.root = events.directory;
  source.include = {"events.log*"};
  source.topic = EventLog::kTopic;
  source.parser = {.kind = ParserKind::kJson, .fields = FieldSelection::None()};
  source.internal = true;
  absl::StatusOr<std::shared_ptr<const Source>> created = Source::Create(std::move(source), options_.id);
  if (!created.ok()) return log::Error("agent", "no lifecycle records", {{"reason", created.status()}});
  events_source_ = *std::move(created);
  events_ = std::make_unique<EventLog>(std::move(events), HostFileSystem(), clock_, &metrics_);
}

SourceList Agent::WithEvents(SourceList sources) const {
  if (events_source_ != nullptr) sources.insert(sources.begin(), events_source_);
  return sources;
}

absl::Status Agent::StartHttp() {
  HttpServer::Options options;
  options.address = options_.http_address;
  options.registry = registry_.get();
  options.ready = [this] { return Ready(); };
  options.await_port = options_.http_required;
  absl::StatusOr<std::unique_ptr<HttpServer>> http = HttpServer::Start(std::move(options));
  if (http.ok()) {
    http_ = *std::move(http);
    return absl::OkStatus();
  }
  if (options_.http_required) return http.status();
  log::Warn("agent", "going on without metrics", {{"reason", http.status()}});
  return absl::OkStatus();
}

absl::Status Agent::Ready() const {
  if (metrics_.connected.Value() > 0) return absl::OkStatus();
  return Unavailable("not connected to the collector ", absl::StrJoin(options_.collectors, ", "),
                     "; lines wait in their files");
}

absl::Status Agent::Start() {
  SLUICE_RETURN_IF_ERROR(shipper_->Start());
  log::Info("agent", "started",
            {{"id", options_.id},
             {"version", Version()},
             {"collector", absl::StrJoin(options_.collectors, ",")},
             {"sources", options_.sources.size()},
             {"state_dir", options_.state_dir},
             {"http", http_ != nullptr ? StrCat(options_.http_address.host, ":", http_->port()) : "none"}});
  thread_ = std::thread([this] { Loop(); });  // the options are its own from here on
  StartWatchingConfig();
  return absl::OkStatus();
}

void Agent::Stop() {
  if (!thread_.joinable()) return;
  if (config_watcher_ != nullptr) config_watcher_->Stop();
  stopping_ = true;
  waker_.Wake();
  thread_.join();
  shipper_->Stop(kDrainGrace);
  checkpoints_->Write(Checkpoint());
  checkpoints_->Stop();
  http_.reset();
  log::Info("agent", "stopped", {{"records_acked", tailer_->records_acked()}});
}

void Agent::Loop() {
  trim_at_ = clock_->MonotonicNanos() + kQuietNanos;  // what the start took
  while (!stopping_) {
    waker_.Clear();
    TakeReload();
    int64_t next = tree_->Work();
    TendStandardInput();
    next = std::min(next, tailer_->Work());
    if (cpu_limiter_.enabled()) Pause();
    int64_t now = clock_->MonotonicNanos();
    if (events_ != nullptr) next = std::min(next, events_->Work());
    next = std::min(
        {next, CheckpointIfDue(now), StatusIfDue(now), EndIfDone(now), ShowProgressIfDue(now), TrimIfQuiet(now)});
    if (next <= now) continue;
    int watched = watcher_ != nullptr ? watcher_->descriptor() : -1;
    int piped = pipe_ != nullptr ? pipe_->descriptor() : -1;
    WaitReadable({watched, piped, waker_.descriptor()}, absl::Nanoseconds(next - now));
  }
  Drain();
  tracker_->GiveUpDeleted();
  if (events_ != nullptr) events_->Work();
  SendLastStatus();
}

// Does nothing for as long as the CPU limit says, but for stopping.
void Agent::Pause() {
  int64_t now = clock_->MonotonicNanos();
  const int64_t until = now + cpu_limiter_.Pause(now, ProcessCpuNanos());
  for (; now < until && !stopping_; now = clock_->MonotonicNanos()) {
    WaitReadable({}, absl::Nanoseconds(std::min(until - now, kPauseStepNanos)));
  }
}

// Waits for the acknowledgements of what was sent.
void Agent::Drain() {
  tailer_->StopReading();
  int64_t deadline = clock_->MonotonicNanos() + absl::ToInt64Nanoseconds(kDrainGrace);
  while (tailer_->connected() && !tailer_->Drained()) {
    waker_.Clear();
    tailer_->Work();
    int64_t left = deadline - clock_->MonotonicNanos();
    if (left <= 0 || tailer_->Drained()) return;
    WaitReadable({waker_.descriptor()}, absl::Nanoseconds(left));
  }
}

// Gives back what a burst of work took, when it is over. When to call again.
int64_t Agent::TrimIfQuiet(int64_t now) {
  if (const uint64_t acked = tailer_->records_acked(); acked != records_at_trim_) {
    records_at_trim_ = acked;
    trim_at_ = std::max(now + kQuietNanos, last_trim_ + kTrimSpacingNanos);
  }
  if (now < trim_at_) return trim_at_;
  if (trim_at_ > 0) {
    tailer_->Trim();
    malloc_trim(0);
    last_trim_ = now;
    trim_at_ = 0;
  }
  return Tailer::kNever;
}

// When to call again; nothing is due while nothing moves.
int64_t Agent::CheckpointIfDue(int64_t now) {
  if (!tracker_->HasProgress()) return Tailer::kNever;
  int64_t spacing = kCheckpointNanosMin + kCheckpointNanosPerFile * static_cast<int64_t>(tracker_->table().size());
  uint64_t records = tailer_->records_acked() - records_at_checkpoint_;
  bool by_count = records >= static_cast<uint64_t>(options_.checkpoint_records);
  int64_t due = last_checkpoint_ + (by_count ? spacing : absl::ToInt64Nanoseconds(options_.checkpoint_interval));
  if (now < due) return due;
  if (!checkpoints_->Idle()) return now + kCheckpointNanosMin;
  checkpoints_->Write(Checkpoint());
  last_checkpoint_ = now;
  records_at_checkpoint_ = tailer_->records_acked();
  return Tailer::kNever;
}

v1::AgentCheckpoint Agent::Checkpoint() {
  v1::AgentCheckpoint checkpoint;
  checkpoint.set_agent(options_.id);
  checkpoint.set_time_unix_nano(static_cast<uint64_t>(clock_->UnixNanos()));
  tracker_->Progress(&checkpoint);
  tracker_->memory().Trim(kFilesRemembered);
  return checkpoint;
}

}  // namespace sluice::agent
