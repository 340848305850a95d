#include "agent/tail/first_looks.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::shared_ptr<const Source> Of(std::string root, std::vector<std::string> include = {"**/*"}) {
  SourceOptions options;
  options.name = "logs";
  options.root = std::move(root);
  options.include = std::move(include);
  return *Source::Create(std::move(options), "agent-1");
}

// What a run keeps in which the first look of `source` was over.
v1::AgentCheckpoint KeptOf(const std::shared_ptr<const Source>& source) {
  FirstLooks looks;
  looks.NoteOver(*source);
  v1::AgentCheckpoint checkpoint;
  looks.AddTo(&checkpoint, {source, Of("/elsewhere")});
  return checkpoint;
}

TEST(FirstLooksTest, AreOverForTheNextRunOnly) {
  FirstLooks looks;
  looks.NoteOver(*Of("/logs"));
  EXPECT_FALSE(looks.WasEarlier(*Of("/logs"))) << "it is this run's";
  FirstLooks next;
  next.Learn(KeptOf(Of("/logs")));
  EXPECT_TRUE(next.learnt());
  EXPECT_TRUE(next.WasEarlier(*Of("/logs")));
  EXPECT_FALSE(next.WasEarlier(*Of("/elsewhere"))) << "its look was not over";
}

TEST(FirstLooksTest, ASourceThatMayHaveOtherFilesIsAnotherOne) {
  FirstLooks looks;
  looks.Learn(KeptOf(Of("/logs", {"a", "b"})));
  EXPECT_TRUE(looks.WasEarlier(*Of("/logs", {"a", "b"})));
  EXPECT_FALSE(looks.WasEarlier(*Of("/log", {"a", "b"})));
  EXPECT_FALSE(looks.WasEarlier(*Of("/logs", {"a"})));
  EXPECT_FALSE(looks.WasEarlier(*Of("/logs", {"a", "b", "c"})));
}

TEST(FirstLooksTest, KeepsWhatEarlierRunsHad) {
  FirstLooks looks;
  looks.Learn(KeptOf(Of("/logs")));
  v1::AgentCheckpoint checkpoint;
  looks.AddTo(&checkpoint, {Of("/logs")});
  EXPECT_EQ(checkpoint.first_looks().over_size(), 1);
  v1::AgentCheckpoint without;
  looks.AddTo(&without, {});
  EXPECT_EQ(without.first_looks().over_size(), 0) << "it is in the configuration no more";
}

TEST(FirstLooksTest, ASourceThatIsAddedNowIsNoEarlierOne) {
  FirstLooks looks;
  looks.Learn(KeptOf(Of("/logs")));
  looks.Forget(*Of("/logs"));
  EXPECT_FALSE(looks.WasEarlier(*Of("/logs")));
}

TEST(FirstLooksTest, AnOlderCheckpointTellsNothing) {
  FirstLooks looks;
  v1::AgentCheckpoint old;
  old.set_agent("agent-1");
  looks.Learn(old);
  EXPECT_FALSE(looks.learnt());
  looks.NoteEarlier(*Of("/logs"));
  EXPECT_TRUE(looks.WasEarlier(*Of("/logs")));
}

}  // namespace
}  // namespace sluice::agent
