#include "agent/tail/generations.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;

class GenerationsTest : public ::testing::Test {
 protected:
  TailedFile* Meet(const std::string& path, int64_t modified = 0) {
    auto file = std::make_unique<TailedFile>();
    file->inode = ++inodes_;
    file->birth_unix_nano = inodes_;
    file->path = path;
    file->is_archive = path.ends_with(".gz");
    file->modified_unix_nano = modified;
    file->resolved = true;
    TailedFile* met = table_.Add(std::move(file));
    generations_.Enter(met);
    return met;
  }

  std::vector<TailedFile*> MeetAll(const std::vector<std::string>& paths) {
    std::vector<TailedFile*> files;
    for (const std::string& path : paths) files.push_back(Meet(path));
    return files;
  }

  void Rename(TailedFile* file, const std::string& path) {
    file->last_path = file->path;
    table_.LosePath(file);
    generations_.Enter(file);
    table_.MoveTo(file, path);
    generations_.Renamed(file);
  }

  void LoseName(TailedFile* file) {
    file->last_path = file->path;
    table_.LosePath(file);
    generations_.Renamed(file);
    generations_.Enter(file);
  }

  // In the order in which they may be read, each to its end.
  std::vector<std::string> ReadAll(std::vector<TailedFile*> files) {
    std::vector<std::string> order;
    const size_t count = files.size();
    while (order.size() < count) {
      auto next = std::find_if(files.begin(), files.end(), [this](auto* f) { return !generations_.IsBehind(*f); });
      if (next == files.end()) break;
      order.push_back(PathOf(**next));
      generations_.Leave(*next);
      files.erase(next);
    }
    return order;
  }

  uint64_t inodes_ = 0;
  FileTable table_;
  Generations generations_{&table_};
};

TEST_F(GenerationsTest, NumbersBeforeTheExtensionAreOtherFilesUntilOneIsRotated) {
  TailedFile* second = Meet("/d/a.2.log");
  TailedFile* first = Meet("/d/a.1.log");
  EXPECT_FALSE(generations_.IsBehind(*first));
  generations_.NoteRotated(*second, "/d/a.2.log");
  generations_.NoteRotated(*second, "/d/b.1.log");
  EXPECT_FALSE(generations_.IsBehind(*first));
  generations_.NoteRotated(*second, "/d/a.1.log");
  EXPECT_TRUE(generations_.IsBehind(*first));
}

TEST_F(GenerationsTest, AFileThatIsRenamedBeforeOurEyesIsRotated) {
  TailedFile* second = Meet("/d/a.1.log");
  Rename(second, "/d/a.2.log");
  EXPECT_TRUE(generations_.IsBehind(*Meet("/d/a.1.log")));
}

TEST_F(GenerationsTest, OlderNamesComeFirstInWhateverOrderTheyAreMet) {
  EXPECT_THAT(
      ReadAll(MeetAll({"/d/a.log", "/d/a.log.2.gz", "/d/a.log.1", "/d/a.log-20260102", "/d/a.log-20260101.gz"})),
      ElementsAre("/d/a.log-20260101.gz", "/d/a.log-20260102", "/d/a.log.2.gz", "/d/a.log.1", "/d/a.log"));
}

TEST_F(GenerationsTest, OtherFilesAndDirectoriesHaveRowsOfTheirOwn) {
  Meet("/d/a.log.1");
  EXPECT_FALSE(generations_.IsBehind(*Meet("/d/b.log")));
  EXPECT_FALSE(generations_.IsBehind(*Meet("/e/a.log")));
  EXPECT_TRUE(generations_.IsBehind(*Meet("/d/a.log")));
}

TEST_F(GenerationsTest, AFileThatIsAloneStandsInNoRow) {
  TailedFile* alone = Meet("/d/a.log");
  EXPECT_EQ(alone->row, nullptr);
  TailedFile* older = Meet("/d/a.log.1");
  ASSERT_NE(alone->row, nullptr);
  EXPECT_EQ(alone->row, older->row);
  EXPECT_TRUE(generations_.IsBehind(*alone));
}

TEST_F(GenerationsTest, OneThatLostItsNameIsOlderThanWhoHasItNow) {
  TailedFile* gone = Meet("/d/a.log");
  LoseName(gone);
  TailedFile* now = Meet("/d/a.log");
  EXPECT_TRUE(generations_.IsBehind(*now));
  EXPECT_FALSE(generations_.IsBehind(*gone));
}

TEST_F(GenerationsTest, OneThatLosesItsNameKeepsItsPlace) {
  TailedFile* older = Meet("/d/a.log.1");
  TailedFile* gone = Meet("/d/a.log");
  ASSERT_TRUE(generations_.IsBehind(*gone));
  LoseName(gone);
  Rename(older, "/d/a.log.2");
  EXPECT_TRUE(generations_.IsBehind(*gone));
  TailedFile* met = Meet("/d/a.log.1");  // after it was renamed and deleted before anybody could look
  EXPECT_TRUE(generations_.IsBehind(*met));
  EXPECT_THAT(ReadAll({met, gone, older}), ElementsAre("/d/a.log.2", "/d/a.log", "/d/a.log.1"));
}

TEST_F(GenerationsTest, OneThatLostItsNameDoesNotPassWhatStoodBeforeItWhenAnOlderOneIsFound) {
  TailedFile* older = Meet("/d/a.log.1");
  TailedFile* gone = Meet("/d/a.log");
  ASSERT_TRUE(generations_.IsBehind(*gone));
  LoseName(gone);
  ASSERT_TRUE(generations_.IsBehind(*gone));
  TailedFile* oldest = Meet("/d/a.log.2.gz");
  EXPECT_THAT(ReadAll({gone, older, oldest}), ElementsAre("/d/a.log.2.gz", "/d/a.log.1", "/d/a.log"));
}

TEST_F(GenerationsTest, TellsOnceThatTheOrderMayBeAnother) {
  TailedFile* older = Meet("/d/a.log.1");
  EXPECT_TRUE(generations_.HasNewOrder());
  EXPECT_FALSE(generations_.HasNewOrder());
  Rename(older, "/d/a.log.2");
  EXPECT_TRUE(generations_.HasNewOrder());
  generations_.Forget(older);
  EXPECT_TRUE(generations_.HasNewOrder());
}

TEST_F(GenerationsTest, OneThatLosesItsNameAtOnceStandsWhereItsDateWas) {
  TailedFile* gone = Meet("/d/a.log-20260102");
  LoseName(gone);  // before anybody asked for the order
  TailedFile* older = Meet("/d/a.log-20260101.gz");
  TailedFile* archive = Meet("/d/a.log-20260102.gz");
  EXPECT_THAT(ReadAll({archive, gone, older}),
              ElementsAre("/d/a.log-20260101.gz", "/d/a.log-20260102", "/d/a.log-20260102.gz"));
}

TEST_F(GenerationsTest, OfTwoThatLostTheirNamesTheOneMetFirstIsOlder) {
  TailedFile* first = Meet("/d/a.log.1");
  Meet("/d/a.log");
  EXPECT_FALSE(generations_.IsBehind(*first));
  LoseName(first);
  TailedFile* second = Meet("/d/a.log.1");
  LoseName(second);
  EXPECT_TRUE(generations_.IsBehind(*second));
}

TEST_F(GenerationsTest, NamesThatMovedOnAreComparedAsTheyAreNow) {
  TailedFile* first = Meet("/d/a.log.1");
  TailedFile* second = Meet("/d/a.log");
  Rename(first, "/d/a.log.3");
  TailedFile* third = Meet("/d/a.log.1");  // seen before the second one's new name is
  Rename(second, "/d/a.log.2");
  EXPECT_THAT(ReadAll({third, second, first}), ElementsAre("/d/a.log.3", "/d/a.log.2", "/d/a.log.1"));
}

TEST_F(GenerationsTest, AFileThatGetsTheNameOfAGenerationIsOneFromThenOn) {
  TailedFile* live = Meet("/d/a.log");
  TailedFile* copied = Meet("/d/tmp");
  EXPECT_FALSE(generations_.IsBehind(*live));
  Rename(copied, "/d/a.log.1");
  generations_.Enter(copied);
  EXPECT_TRUE(generations_.IsBehind(*live));
}

TEST_F(GenerationsTest, OneThatIsMovedToAnotherDirectoryIsStillOlderThanItsSuccessor) {
  TailedFile* old = Meet("/d/a.log");
  Rename(old, "/d/old/a.log.1");
  EXPECT_TRUE(generations_.IsBehind(*Meet("/d/a.log")));
}

TEST_F(GenerationsTest, ACopyThatWaitsForItsOriginalIsPassed) {
  TailedFile* oldest = Meet("/d/a.log.3.gz");
  TailedFile* copy = Meet("/d/a.log.2.gz");
  TailedFile* now = Meet("/d/a.log");
  copy->waiting = true;
  copy->original = now;
  EXPECT_TRUE(generations_.IsBehind(*now)) << "what is in front of the copy comes first still";
  EXPECT_TRUE(generations_.Leave(oldest));
  EXPECT_FALSE(generations_.IsBehind(*now));
  copy->original = nullptr;
  EXPECT_TRUE(generations_.IsBehind(*now)) << "nobody knows yet what it is";
}

TEST_F(GenerationsTest, OneThatWasReadBeforeWaitsForAnOlderOneThatIsFoundLate) {
  TailedFile* live = Meet("/d/a.log");
  EXPECT_FALSE(generations_.Leave(live)) << "it stands in no row";
  TailedFile* late = Meet("/d/a.log.1.gz");
  EXPECT_TRUE(generations_.IsBehind(*live));
  EXPECT_TRUE(generations_.Leave(late));
  EXPECT_FALSE(generations_.Leave(late)) << "it has left already";
  EXPECT_FALSE(generations_.IsBehind(*live));
}

TEST_F(GenerationsTest, WhatWasForgottenHoldsBackNobody) {
  TailedFile* old = Meet("/d/a.log.1");
  TailedFile* now = Meet("/d/a.log");
  ASSERT_TRUE(generations_.IsBehind(*now));
  generations_.Forget(old);
  EXPECT_FALSE(generations_.IsBehind(*now));
  EXPECT_THAT(generations_.JustBefore(*now), IsEmpty());
}

TEST_F(GenerationsTest, LateWritersMayHaveWrittenToTheLastOneThatHoldsSomething) {
  TailedFile* oldest = Meet("/d/a.log.3");
  TailedFile* full = Meet("/d/a.log.2");
  TailedFile* empty = Meet("/d/a.log.1");
  TailedFile* now = Meet("/d/a.log");
  oldest->size = full->size = 10;
  EXPECT_THAT(generations_.JustBefore(*now), ElementsAre(empty, full));
  EXPECT_THAT(generations_.JustBefore(*oldest), IsEmpty());
}

TEST_F(GenerationsTest, NumbersThatCountUpwardsAreToldByTheirTimes) {
  TailedFile* second = Meet("/d/a.log.2", 20 * kSecond);
  TailedFile* first = Meet("/d/a.log.1", 10 * kSecond);
  TailedFile* live = Meet("/d/a.log", 5 * kSecond);  // though the one before was changed since
  EXPECT_THAT(ReadAll({live, second, first}), ElementsAre("/d/a.log.1", "/d/a.log.2", "/d/a.log"));
}

TEST_F(GenerationsTest, AnArchiveInTheMakingTellsNothingOfTheDirection) {
  TailedFile* made = Meet("/d/a.log.2.gz", 99 * kSecond);
  TailedFile* plain = Meet("/d/a.log.1", 10 * kSecond);
  EXPECT_THAT(ReadAll({plain, made}), ElementsAre("/d/a.log.2.gz", "/d/a.log.1"));
}

TEST_F(GenerationsTest, AnArchiveStandsBehindItsOriginalButBeforeWhatIsWrittenNow) {
  EXPECT_THAT(ReadAll(MeetAll({"/d/a.log", "/d/a.log.1.gz", "/d/a.log.1"})),
              ElementsAre("/d/a.log.1", "/d/a.log.1.gz", "/d/a.log"));
  EXPECT_THAT(ReadAll(MeetAll({"/e/a.log", "/e/a.log.gz"})), ElementsAre("/e/a.log.gz", "/e/a.log"));
}

TEST_F(GenerationsTest, SortsWhatIsThereTheOldestFirst) {
  std::vector<TailedFile*> files = MeetAll({"/d/a.log", "/d/b.log", "/d/a.log.1", "/d/a.log.2"});
  generations_.Sort(&files);
  std::vector<std::string> paths;
  for (const TailedFile* file : files) paths.push_back(file->path);
  EXPECT_THAT(paths, ElementsAre("/d/a.log.2", "/d/a.log.1", "/d/a.log", "/d/b.log"));
}

}  // namespace
}  // namespace sluice::agent
