#include "agent/checkpoint/checkpoint_store.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/checkpoint/checkpoint_format.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

// A directory in memory that can fail, or crash, at any of its operations: after a crash only what was synced is left,
// and a name only if its directory was.
class CrashingFileSystem final : public FileSystem {
 public:
  // Fails from the operation of this number on; negative: never.
  void FailFrom(int operation, absl::Status error) { fail_from_ = operation, error_ = std::move(error); }
  int operations() const { return operations_; }
  // What a restart finds. A rename that was not synced may have happened or not: both are tried.
  void Crash(bool keep_unsynced_names) {
    if (!keep_unsynced_names) names_ = synced_names_;
    fail_from_ = -1;
  }
  void Put(const std::string& path, std::string content) { synced_names_[path] = names_[path] = std::move(content); }
  bool Has(const std::string& path) const { return names_.contains(path); }

  absl::StatusOr<std::string> ReadFile(const std::string& path, size_t) override {
    auto it = names_.find(path);
    if (it == names_.end()) return NotFound(path);
    return it->second;
  }
  absl::Status WriteFile(const std::string& path, std::string_view content) override {
    if (absl::Status status = Operation(); !status.ok()) {
      names_[path] = content.substr(0, content.size() / 2);  // torn
      return status;
    }
    names_[path] = content;
    return absl::OkStatus();
  }
  absl::Status Overwrite(const std::string& path, std::string_view content) override {
    auto it = names_.find(path);
    if (it == names_.end()) return NotFound(path);
    if (it->second.size() < content.size()) return FailedPrecondition(path);
    absl::Status status = Operation();
    if (!status.ok()) content = content.substr(0, content.size() / 2);  // torn
    it->second.replace(0, content.size(), content);
    if (auto synced = synced_names_.find(path); synced != synced_names_.end()) synced->second = it->second;
    return status;
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    SLUICE_RETURN_IF_ERROR(Operation());
    auto it = names_.find(from);
    if (it == names_.end()) return NotFound(from);
    names_[to] = it->second;
    names_.erase(from);
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& path) override {
    SLUICE_RETURN_IF_ERROR(Operation());
    return names_.erase(path) > 0 ? absl::OkStatus() : NotFound(path);
  }
  absl::Status SyncDirectory(const std::string&) override {
    SLUICE_RETURN_IF_ERROR(Operation());
    synced_names_ = names_;
    return absl::OkStatus();
  }
  absl::Status CreateDirectories(const std::string&) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override { return NotFound(path); }
  absl::StatusOr<std::unique_ptr<AppendableFile>> OpenForAppend(const std::string& path) override {
    return NotFound(path);
  }
  absl::StatusOr<std::string> Unwatchable(const std::string&) override { return std::string(); }
  absl::StatusOr<FileStat> Stat(const std::string& path, bool) override { return NotFound(path); }
  absl::StatusOr<std::vector<DirectoryEntry>> List(const std::string& path) override { return NotFound(path); }

 private:
  absl::Status Operation() { return fail_from_ >= 0 && operations_++ >= fail_from_ ? error_ : absl::OkStatus(); }

  std::map<std::string, std::string> names_;
  std::map<std::string, std::string> synced_names_;
  int operations_ = 0;
  int fail_from_ = -1;
  absl::Status error_;
};

// `padding` makes it larger.
v1::AgentCheckpoint Numbered(uint64_t number, size_t padding = 0) {
  v1::AgentCheckpoint checkpoint;
  checkpoint.set_time_unix_nano(number);
  checkpoint.set_agent(std::string(padding, 'a'));
  return checkpoint;
}

std::string Encoded(uint64_t number, uint64_t serial) {
  v1::AgentCheckpoint checkpoint = Numbered(number);
  checkpoint.set_serial(serial);
  return EncodeCheckpoint(checkpoint);
}

TEST(CheckpointStoreTest, LoadsWhatItSaved) {
  CrashingFileSystem files;
  CheckpointStore store("/state", &files);
  EXPECT_EQ(store.Load().time_unix_nano(), 0);
  ASSERT_TRUE(store.Save(Numbered(1)).ok());
  ASSERT_TRUE(store.Save(Numbered(2)).ok());
  EXPECT_EQ(store.Load().time_unix_nano(), 2);
}

TEST(CheckpointStoreTest, GivesThisOneOrTheOneBeforeAfterACrashAtAnyOperation) {
  for (bool keep_unsynced_names : {true, false}) {
    for (size_t padding : {0, 200'000}) {  // in place, and with files that have to become larger
      for (int operation = 0; operation < 4; ++operation) {
        CrashingFileSystem files;
        CheckpointStore store("/state", &files);
        ASSERT_TRUE(store.Save(Numbered(1)).ok());
        ASSERT_TRUE(store.Save(Numbered(2)).ok());
        files.FailFrom(operation, absl::UnknownError("crash"));
        bool saved = store.Save(Numbered(3, padding)).ok();
        files.Crash(keep_unsynced_names);
        CheckpointStore again("/state", &files);
        uint64_t found = again.Load().time_unix_nano();
        if (saved) {
          EXPECT_EQ(found, 3) << "operation " << operation;
        } else {
          EXPECT_TRUE(found == 2 || found == 3) << "operation " << operation << " found " << found;
        }
        ASSERT_TRUE(again.Save(Numbered(4)).ok());
        EXPECT_EQ(CheckpointStore("/state", &files).Load().time_unix_nano(), 4) << "operation " << operation;
      }
    }
  }
}

TEST(CheckpointStoreTest, WritesInPlaceOnceBothFilesAreThere) {
  CrashingFileSystem files;
  CheckpointStore store("/state", &files);
  for (uint64_t n = 1; n <= 2; ++n) ASSERT_TRUE(store.Save(Numbered(n)).ok());
  files.FailFrom(1, absl::UnknownError("a second operation"));
  EXPECT_TRUE(store.Save(Numbered(3)).ok());
}

TEST(CheckpointStoreTest, CanSaveAgainAfterTheDiskWasFull) {
  CrashingFileSystem files;
  CheckpointStore store("/state", &files);
  ASSERT_TRUE(store.Save(Numbered(1)).ok());
  files.FailFrom(0, ResourceExhausted("no space left on device"));
  EXPECT_TRUE(absl::IsResourceExhausted(store.Save(Numbered(2))));
  EXPECT_EQ(store.Load().time_unix_nano(), 1);
  files.FailFrom(-1, absl::OkStatus());
  EXPECT_TRUE(store.Save(Numbered(3)).ok());
  EXPECT_EQ(store.Load().time_unix_nano(), 3);
}

TEST(CheckpointStoreTest, TakesTheOneBeforeIfTheNewestIsDamagedAndKeepsItForPeople) {
  CrashingFileSystem files;
  CheckpointStore store("/state", &files);
  files.Put("/state/checkpoint.0", "garbage");
  files.Put("/state/checkpoint.1", Encoded(7, 1));
  EXPECT_EQ(store.Load().time_unix_nano(), 7);
  EXPECT_TRUE(files.Has("/state/checkpoint.bad"));
  ASSERT_TRUE(store.Save(Numbered(8)).ok());
  EXPECT_EQ(CheckpointStore("/state", &files).Load().time_unix_nano(), 8);
}

TEST(CheckpointStoreTest, TakesTheHigherSerialWhicheverFileHoldsIt) {
  for (int newer : {0, 1}) {
    CrashingFileSystem files;
    files.Put("/state/checkpoint.0", Encoded(1, newer == 0 ? 10 : 9));
    files.Put("/state/checkpoint.1", Encoded(2, newer == 1 ? 10 : 9));
    EXPECT_EQ(CheckpointStore("/state", &files).Load().time_unix_nano(), newer == 0 ? 1 : 2);
  }
}

TEST(CheckpointStoreTest, StartsWithoutAnyIfBothAreDamaged) {
  CrashingFileSystem files;
  CheckpointStore store("/state", &files);
  files.Put("/state/checkpoint.0", std::string(100, '\0'));
  files.Put("/state/checkpoint.1", "");
  EXPECT_EQ(store.Load().files_size(), 0);
}

TEST(CheckpointStoreTest, KeepsItsInstanceId) {
  CrashingFileSystem files;
  absl::StatusOr<std::string> id = CheckpointStore("/state", &files).InstanceId();
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->size(), 32);
  EXPECT_EQ(*CheckpointStore("/state", &files).InstanceId(), *id);
  CrashingFileSystem others;
  EXPECT_NE(*CheckpointStore("/state", &others).InstanceId(), *id);
}

}  // namespace
}  // namespace sluice::agent
