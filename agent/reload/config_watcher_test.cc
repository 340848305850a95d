#include "agent/reload/config_watcher.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/time/clock.h"
#include "agent/reload/config_files.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

namespace fs = std::filesystem;

class ConfigWatcherTest : public ::testing::Test {
 protected:
  ConfigWatcherTest() : directory_(StrCat(::testing::TempDir(), "config_watcher_test_", getpid())) {
    fs::create_directories(directory_);
    Write("agent.yaml", "a: 1\n");
  }
  ~ConfigWatcherTest() override {
    watcher_.reset();
    fs::remove_all(directory_);
  }

  std::string Path(std::string_view name) const { return StrCat(directory_, "/", name); }
  void Write(std::string_view name, std::string_view text) { std::ofstream(Path(name)) << text; }
  void Start(std::string_view name = "agent.yaml") {
    ConfigWatcher::Options options;
    options.path = Path(name);
    options.fingerprint = ConfigFingerprint(options.path, HostFileSystem());
    options.quiet = absl::Milliseconds(20);
    watcher_ = std::make_unique<ConfigWatcher>(options, HostFileSystem(), [this] {
      MutexLock lock(&mutex_);
      ++calls_;
      changed_.SignalAll();
    });
  }
  // Waits for the next call.
  bool Changed() {
    MutexLock lock(&mutex_);
    const absl::Time deadline = absl::Now() + absl::Seconds(5);  // less than the polling interval
    while (calls_ == 0 && absl::Now() < deadline) changed_.WaitWithTimeout(&mutex_, deadline - absl::Now());
    const bool changed = calls_ > 0;
    calls_ = 0;
    return changed;
  }
  int calls() {
    MutexLock lock(&mutex_);
    return calls_;
  }

  const std::string directory_;
  Mutex mutex_;
  CondVar changed_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<ConfigWatcher> watcher_;
};

TEST_F(ConfigWatcherTest, SeesAFileThatIsWrittenInPlaceOrRenamedTo) {
  Start();
  Write("agent.yaml", "a: 22\n");
  EXPECT_TRUE(Changed());
  Write("agent.yaml.swp", "a: 333\n");
  fs::rename(Path("agent.yaml.swp"), Path("agent.yaml"));
  EXPECT_TRUE(Changed());
  fs::remove(Path("agent.yaml"));
  EXPECT_TRUE(Changed());
}

TEST_F(ConfigWatcherTest, SeesConfDAlsoIfItIsMadeLater) {
  Start();
  fs::create_directories(Path("conf.d"));
  Write("conf.d/a.yaml", "b: 1\n");
  EXPECT_TRUE(Changed());
  Write("conf.d/a.yaml", "b: 22\n");
  EXPECT_TRUE(Changed());
  fs::remove(Path("conf.d/a.yaml"));
  EXPECT_TRUE(Changed());
}

TEST_F(ConfigWatcherTest, SeesLinksThatAreSwappedAsKubernetesDoes) {
  for (const char* version : {"..1", "..2"}) {
    fs::create_directories(Path(version));
    Write(StrCat(version, "/linked.yaml"), version);
  }
  fs::create_directory_symlink("..1", Path("..data"));
  fs::create_symlink("..data/linked.yaml", Path("linked.yaml"));
  Start("linked.yaml");
  fs::create_directory_symlink("..2", Path("..data_tmp"));
  fs::rename(Path("..data_tmp"), Path("..data"));
  fs::remove_all(Path("..1"));
  EXPECT_TRUE(Changed());
}

TEST_F(ConfigWatcherTest, SeesAChangeFromBeforeItsStart) {
  ConfigWatcher::Options options;
  options.path = Path("agent.yaml");
  options.fingerprint = "of something older";
  std::atomic<bool> called = false;
  ConfigWatcher watcher(options, HostFileSystem(), [&] { called = true; });
  watcher.Trigger();
  while (!called) std::this_thread::yield();
  watcher.Stop();
}

TEST_F(ConfigWatcherTest, OtherFilesOfTheDirectoryAreNoChange) {
  Start();
  for (int i = 0; i < 50; ++i) Write("noise.log", StrCat("line ", i));
  fs::create_directories(Path("conf.d"));
  Write("conf.d/README", "text");
  watcher_->Trigger();  // what is called is called for this
  EXPECT_TRUE(Changed());
  watcher_->Stop();
  EXPECT_EQ(calls(), 0);
}

TEST_F(ConfigWatcherTest, StopsInTheMiddleOfAStorm) {
  Start();
  for (int i = 0; i < 1000; ++i) watcher_->Trigger();
  watcher_->Stop();
  watcher_->Stop();
}

}  // namespace
}  // namespace sluice::agent
