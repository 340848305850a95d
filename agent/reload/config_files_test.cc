#include "agent/reload/config_files.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class ConfigFilesTest : public ::testing::Test {
 protected:
  ConfigFilesTest() : directory_(StrCat(::testing::TempDir(), "config_files_test_", getpid())) {
    fs::create_directories(directory_);
    Write("agent.yaml", "a: 1\n");
  }
  ~ConfigFilesTest() override { fs::remove_all(directory_); }

  std::string Path(std::string_view name) const { return StrCat(directory_, "/", name); }
  void Write(std::string_view name, std::string_view text) { std::ofstream(Path(name)) << text; }
  std::string Fingerprint() const { return ConfigFingerprint(Path("agent.yaml"), HostFileSystem()); }

  const std::string directory_;
};

TEST_F(ConfigFilesTest, AFileAloneIsEnough) {
  EXPECT_THAT(*ConfigFiles(Path("agent.yaml"), HostFileSystem()), ElementsAre(Path("agent.yaml")));
}

TEST_F(ConfigFilesTest, TakesYamlFilesOfConfDInTheOrderOfTheirNames) {
  fs::create_directories(Path("conf.d/sub.yaml"));
  for (const char* name :
       {"conf.d/20.yaml", "conf.d/10.yaml", "conf.d/.hidden.yaml", "conf.d/a.yml~", "conf.d/.yaml"}) {
    Write(name, "");
  }
  EXPECT_THAT(*ConfigFiles(Path("agent.yaml"), HostFileSystem()),
              ElementsAre(Path("agent.yaml"), Path("conf.d/10.yaml"), Path("conf.d/20.yaml")));
}

TEST_F(ConfigFilesTest, TheFingerprintTellsEveryKindOfChange) {
  std::string before = Fingerprint();
  EXPECT_EQ(Fingerprint(), before);
  auto changed = [&] {
    std::string now = Fingerprint();
    return std::exchange(before, now) != now;
  };
  Write("agent.yaml", "a: 22\n");
  EXPECT_TRUE(changed());
  Write("new", "a: 33\n");
  fs::rename(Path("new"), Path("agent.yaml"));  // as an editor does
  EXPECT_TRUE(changed());
  fs::create_directories(Path("conf.d"));
  EXPECT_FALSE(changed()) << "an empty conf.d says nothing";
  Write("conf.d/a.yaml", "b: 1\n");
  EXPECT_TRUE(changed());
  Write("conf.d/README", "b: 1\n");
  EXPECT_FALSE(changed());
  fs::remove(Path("conf.d/a.yaml"));
  EXPECT_TRUE(changed());
  fs::remove(Path("agent.yaml"));
  EXPECT_TRUE(changed());
}

TEST_F(ConfigFilesTest, FollowsTheLinksThatKubernetesSwaps) {
  for (const char* version : {"..1", "..2"}) {
    fs::create_directories(Path(version));
    Write(StrCat(version, "/linked.yaml"), "a: 1\n");
  }
  fs::create_directory_symlink("..1", Path("..data"));
  fs::create_symlink("..data/linked.yaml", Path("linked.yaml"));
  std::string before = ConfigFingerprint(Path("linked.yaml"), HostFileSystem());
  fs::create_directory_symlink("..2", Path("..data_tmp"));
  fs::rename(Path("..data_tmp"), Path("..data"));
  EXPECT_NE(ConfigFingerprint(Path("linked.yaml"), HostFileSystem()), before);
}

}  // namespace
}  // namespace sluice::agent
