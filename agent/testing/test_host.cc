#include "agent/testing/test_host.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "base/strings.h"
#include "gtest/gtest.h"
#include "zlib.h"
#include "zstd.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr std::string_view kEventNames[] = {"appeared", "renamed", "truncated", "deleted", "finished", "gap", "behind"};
constexpr int kRoundsMax = 100'000;  // a test that needs more hangs

}  // namespace

TestHost::TestHost(Options options) : options_(std::move(options)) {
  std::string pattern = ::testing::TempDir() + "sluice-XXXXXX";
  root_ = mkdtemp(pattern.data());
  std::string state = ::testing::TempDir() + "state-XXXXXX";
  state_ = mkdtemp(state.data());
}

TestHost::~TestHost() {
  KillAgent();
  std::filesystem::remove_all(root_);
  std::filesystem::remove_all(state_);
}

void TestHost::StartAgent() {
  events_.events.clear();
  registry_ = std::make_unique<prometheus::Registry>();
  metrics_ = std::make_unique<AgentMetrics>(registry_.get());
  buffers_ = std::make_unique<BufferPool>(Tailer::BufferBytes(options_.tailer), 3);
  if (options_.inotify) watcher_ = std::make_unique<FaultyWatcher>(*NewInotifyWatcher(), options_.watches_max);

  FileTracker::Options tracker;
  tracker.agent = "agent-1";
  tracker.host = "host-1";
  tracker.open_files_max = options_.open_files_max;
  tracker.deleted_keep_open = options_.deleted_keep_open;
  tracker.deleted_bytes_max = options_.deleted_bytes_max;
  tracker.close_idle = options_.close_idle;
  tracker.limiter = &limiter_;
  tracker.source_of = [this](const std::string& path) { return tree_->SourceOf(path); };
  tracker.sources = [this]() -> const SourceList& { return tree_->sources(); };
  tracker_ = std::make_unique<FileTracker>(std::move(tracker), &files_, &clock_, metrics_.get(), &events_);
  checkpoints_ = std::make_unique<CheckpointStore>(state_, &files_);
  tracker_->Learn(checkpoints_->Load());

  sources_ = MakeSources({options_.source});
  limiter_ = ReadLimiter();
  limiter_.Configure(options_.limits, {}, clock_.MonotonicNanos());
  tree_ = std::make_unique<WatchTree>(WatchTree::Options(), sources_, &files_, watcher_.get(), &clock_, tracker_.get(),
                                      metrics_.get());
  tailer_ = std::make_unique<Tailer>(options_.tailer, tracker_.get(), &collector_, buffers_.get(), &limiter_, &clock_,
                                     metrics_.get());
}

SourceList TestHost::MakeSources(std::vector<SourceOptions> sources) const {
  SourceList made;
  for (SourceOptions& source : sources) {
    source.root = source.root.empty() ? root_ : Path(source.root);
    if (source.name.empty()) source.name = "source";
    absl::StatusOr<std::shared_ptr<const Source>> created = Source::Create(std::move(source), "agent-1");
    EXPECT_TRUE(created.ok()) << created.status();
    if (created.ok()) made.push_back(*std::move(created));
  }
  return made;
}

void TestHost::Reload(std::vector<SourceOptions> sources) {
  SourceDiff diff = DiffSources(sources_, MakeSources(std::move(sources)));
  sources_ = diff.sources;
  tree_->SetSources(diff.sources);
  tracker_->OnSourcesChanged(diff.kept, diff.fresh);
}

std::vector<std::string> TestHost::EventNames() const {
  std::vector<std::string> names;
  for (const FileEvent& event : events_.events) {
    names.push_back(StrCat(kEventNames[static_cast<size_t>(event.kind)], " ",
                           event.path.starts_with(root_) ? event.path.substr(root_.size() + 1) : event.path));
  }
  return names;
}

void TestHost::KillAgent() {
  collector_.Disconnect();
  std::vector<LinkEvent> unseen;
  collector_.Take(&unseen);
  tailer_ = nullptr;
  tree_ = nullptr;
  tracker_ = nullptr;
  watcher_ = nullptr;
}

bool TestHost::SaveCheckpoint() {
  v1::AgentCheckpoint checkpoint;
  tracker_->Progress(&checkpoint);
  return checkpoints_->Save(std::move(checkpoint)).ok();
}

void TestHost::LoseCheckpoint() {
  std::filesystem::remove_all(state_);
  std::filesystem::create_directory(state_);
}

void TestHost::Work() {
  for (int round = 0; round < kRoundsMax; ++round) {
    uint64_t sent = collector_.messages();
    tree_->Work();
    int64_t next = tailer_->Work();
    if (collector_.messages() == sent && next > clock_.MonotonicNanos()) return;
  }
  ADD_FAILURE() << "the agent does not come to rest";
}

void TestHost::Settle() {
  if (!collector_.connected()) collector_.Connect();
  for (int round = 0; round < kRoundsMax; ++round) {
    Work();
    // Lines that are gathered for a moment go out when it is over.
    clock_.Advance(2'000'000);
    Work();
    if (collector_.waiting() == 0) return;
    collector_.Process(collector_.waiting(), /*acknowledge=*/true);
  }
  ADD_FAILURE() << "agent and collector do not come to rest";
}

void TestHost::SettleAll() {
  constexpr int kRounds = 4;
  constexpr int kRoundsOfArchives = 40;  // they wait for each other
  for (int i = 0; i < kRounds || (i < kRoundsOfArchives && IsAnyWaiting()); ++i) {
    Settle();
    clock_.Advance(kSecond / 50);  // whoever waits for a turn asks again
    Settle();
    clock_.Advance(31 * kSecond);  // a scan, and the grace of files without a path
  }
  Settle();
}

bool TestHost::IsAnyWaiting() const {
  bool is_any = false;
  tracker_->table().ForEach(
      [&](const TailedFile* file) { is_any |= (file->waiting && file->original == nullptr) || file->queued; });
  return is_any;
}

void TestHost::Append(std::string_view name, std::string_view bytes) {
  std::ofstream file(Path(name), std::ios::app | std::ios::binary);
  file << bytes << std::flush;
  ASSERT_TRUE(file.good()) << name;
}

void TestHost::WriteNew(std::string_view name, std::string_view bytes) {
  std::ofstream file(Path(name), std::ios::trunc | std::ios::binary);
  file << bytes << std::flush;
  ASSERT_TRUE(file.good()) << name;
}

void TestHost::Rename(std::string_view from, std::string_view to) { std::filesystem::rename(Path(from), Path(to)); }
void TestHost::Truncate(std::string_view name) { std::filesystem::resize_file(Path(name), 0); }
void TestHost::Delete(std::string_view name) { ASSERT_TRUE(std::filesystem::remove(Path(name))) << name; }
std::string TestHost::Content(std::string_view name) const {
  std::ifstream file(Path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

uint64_t TestHost::Inode(std::string_view name) const {
  absl::StatusOr<FileStat> stat = HostFileSystem()->Stat(Path(name), /*follow=*/true);
  EXPECT_TRUE(stat.ok()) << stat.status();
  return stat.ok() ? stat->inode : 0;
}

void TestHost::NextTick() const {
  const std::string probe = JoinPath(state_, "probe");
  uint64_t first = 0;
  while (true) {
    std::filesystem::remove(probe);
    std::ofstream(probe).flush();
    absl::StatusOr<FileStat> stat = HostFileSystem()->Stat(probe, /*follow=*/false);
    ASSERT_TRUE(stat.ok()) << stat.status();
    if (stat->birth_unix_nano == 0) return;  // nobody can tell here
    if (first == 0) first = stat->birth_unix_nano;
    if (stat->birth_unix_nano != first) return;
  }
}

void TestHost::Copy(std::string_view from, std::string_view to) {
  std::filesystem::copy_file(Path(from), Path(to), std::filesystem::copy_options::overwrite_existing);
}

void TestHost::Link(std::string_view from, std::string_view to) {
  std::filesystem::create_hard_link(Path(from), Path(to));
}

void TestHost::Compress(std::string_view from, std::string_view to) {
  std::string plain = Content(from);
  if (to.ends_with(".zst")) {
    std::string packed(ZSTD_compressBound(plain.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), /*compressionLevel=*/3));
    WriteNew(to, packed);
    return;
  }
  gzFile packed = gzopen(Path(to).c_str(), "wb");
  ASSERT_NE(packed, nullptr);
  if (!plain.empty()) {
    ASSERT_GT(gzwrite(packed, plain.data(), static_cast<unsigned>(plain.size())), 0);
  }
  ASSERT_EQ(gzclose(packed), Z_OK);
}

void TestHost::MakeDirectory(std::string_view name) { std::filesystem::create_directories(Path(name)); }

}  // namespace sluice::agent
