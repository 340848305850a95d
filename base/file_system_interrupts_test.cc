// Signals that interrupt the calls to a slow file system: nothing fails because of that, and nothing is cut off.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/testing/interrupted_calls.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(InterruptedCallsTest, AreMadeAgainUntilAllIsDone) {
  std::string pattern = ::testing::TempDir() + "sluice-XXXXXX";
  const std::string directory = mkdtemp(pattern.data());
  const std::string path = JoinPath(directory, "file");
  FileSystem* const files = HostFileSystem();
  std::string content;
  for (int i = 0; i < 20'000; ++i) content += std::to_string(i) + "\n";
  const uint64_t before = InterruptedCalls::count();
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const InterruptedCalls interrupted(30, seed);
    ASSERT_TRUE(files->WriteFile(path, content).ok()) << seed;
    ASSERT_EQ(files->ReadFile(path, content.size()).value_or(""), content) << seed;
    ASSERT_TRUE(files->Overwrite(path, "begin").ok()) << seed;
    ASSERT_TRUE(files->SyncDirectory(directory).ok()) << seed;
    const auto append = files->OpenForAppend(path);
    ASSERT_TRUE(append.ok() && (*append)->Append("end").ok()) << seed;
    const auto stat = files->Stat(path, /*follow=*/true);
    ASSERT_TRUE(stat.ok()) << seed;
    ASSERT_EQ(stat->size, content.size() + 3) << seed;
    ASSERT_EQ(files->ReadFile(path, stat->size).value_or("").substr(0, 5), "begin") << seed;
  }
  EXPECT_GT(InterruptedCalls::count(), before + 100);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace sluice
