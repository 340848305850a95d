#include "consumer/monitor/state/state_store.h"

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class StateStoreTest : public ::testing::Test {
 protected:
  StateStoreTest() : directory_(::testing::TempDir() + "/sluice-monitor-XXXXXX") {
    if (mkdtemp(directory_.data()) == nullptr) std::abort();
    Open();
  }
  ~StateStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  void Open() {
    store_.reset();
    store_ = StateStore::Open(directory_).value();
  }
  std::map<std::string, std::string> ValuesOf(std::string_view stage, std::string_view prefix = "") {
    std::map<std::string, std::string> values;
    EXPECT_TRUE(store_->SourceOf(stage)
                    ->ForEach(prefix,
                              [&](std::string_view key, std::string_view value) {
                                values[std::string(key)] = value;
                                return absl::OkStatus();
                              })
                    .ok());
    return values;
  }
  std::vector<OutboxNumber> Entries() {
    std::vector<OutboxNumber> numbers;
    EXPECT_TRUE(store_
                    ->ForEachEntry([&](OutboxNumber number, v1::MonitorOutboxEntry entry) {
                      EXPECT_EQ(entry.id(), std::to_string(number));
                      numbers.push_back(number);
                      return absl::OkStatus();
                    })
                    .ok());
    return numbers;
  }

  std::string directory_;
  std::unique_ptr<StateStore> store_;
};

v1::MonitorOutboxEntry Entry(OutboxNumber number) {
  v1::MonitorOutboxEntry entry;
  entry.set_id(std::to_string(number));
  return entry;
}

TEST_F(StateStoreTest, KeepsWhatWasCommittedAndNothingElse) {
  EXPECT_EQ(store_->ReadState()->cursor(), "");
  {
    Commit commit;
    v1::MonitorState state;
    state.set_cursor("c1");
    commit.SetState(state);
    commit.SinkOf("rules")->Put("a", "1");
    commit.SinkOf("rules")->Put(std::string("b\0x", 3), "2");
    commit.SinkOf("rule")->Put("a", "other");
    for (const OutboxNumber number : {300, 2, 256}) commit.PutEntry(number, Entry(number));
    ASSERT_TRUE(store_->Write(commit).ok());
    Commit given_up;
    given_up.SinkOf("rules")->Put("a", "never");
  }
  Open();
  EXPECT_EQ(store_->ReadState()->cursor(), "c1");
  EXPECT_THAT(ValuesOf("rules"), ElementsAre(Pair("a", "1"), Pair(std::string("b\0x", 3), "2")));
  EXPECT_THAT(ValuesOf("rules", "b"), ElementsAre(Pair(std::string("b\0x", 3), "2")));
  EXPECT_THAT(ValuesOf("rule"), ElementsAre(Pair("a", "other")));
  EXPECT_THAT(Entries(), ElementsAre(2, 256, 300));
}

TEST_F(StateStoreTest, DeletesInTheOrderOfTheCommit) {
  Commit first;
  first.SinkOf("rules")->Put("a", "1");
  first.PutEntry(1, Entry(1));
  ASSERT_TRUE(store_->Write(first).ok());
  Commit second;
  second.SinkOf("rules")->Delete("a");
  second.SinkOf("rules")->Put("a", "2");
  second.DeleteEntry(1);
  ASSERT_TRUE(store_->Write(second).ok());
  EXPECT_THAT(ValuesOf("rules"), ElementsAre(Pair("a", "2")));
  EXPECT_THAT(Entries(), ElementsAre());
}

TEST_F(StateStoreTest, IsOneProcesssAtATime) {
  const absl::Status status = StateStore::Open(directory_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is in use by another process"));
}

}  // namespace
}  // namespace sluice::monitor
