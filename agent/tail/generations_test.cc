#include "agent/tail/generations.h"

#include <deque>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;

class GenerationsTest : public ::testing::Test {
 protected:
  TailedFile* Make(const std::string& path, int64_t modified = 0) {
    TailedFile& file = files_.emplace_back();
    file.path = path;
    file.is_archive = path.ends_with(".gz");
    file.modified_unix_nano = modified;
    return &file;
  }

  // In the order in which they may be read, each to its end.
  std::vector<std::string> ReadAll(std::vector<TailedFile*> files) {
    std::vector<std::string> order;
    while (order.size() < files_.size()) {
      size_t before = order.size();
      for (TailedFile* file : files) {
        if (file->row.empty() || generations_.IsBehind(*file)) continue;
        order.push_back(file->path.empty() ? file->last_path : file->path);
        generations_.Leave(file);
        break;
      }
      if (order.size() == before) break;
    }
    return order;
  }

  std::deque<TailedFile> files_;
  Generations generations_;
};

TEST_F(GenerationsTest, OlderNamesComeFirstInWhateverOrderTheyAreMet) {
  std::vector<TailedFile*> files;
  for (const char* path : {"/d/a.log", "/d/a.log.2.gz", "/d/a.log.1", "/d/a.log-20260102", "/d/a.log-20260101.gz"}) {
    files.push_back(Make(path));
    generations_.Enter(files.back());
  }
  EXPECT_THAT(ReadAll(files),
              ElementsAre("/d/a.log-20260101.gz", "/d/a.log-20260102", "/d/a.log.2.gz", "/d/a.log.1", "/d/a.log"));
}

TEST_F(GenerationsTest, OtherFilesAndDirectoriesHaveRowsOfTheirOwn) {
  TailedFile* a = Make("/d/a.log.1");
  TailedFile* b = Make("/d/b.log");
  TailedFile* elsewhere = Make("/e/a.log");
  for (TailedFile* file : {a, b, elsewhere}) generations_.Enter(file);
  EXPECT_FALSE(generations_.IsBehind(*b));
  EXPECT_FALSE(generations_.IsBehind(*elsewhere));
}

TEST_F(GenerationsTest, OneThatLostItsNameIsOlderThanWhoHasItNow) {
  TailedFile* gone = Make("");
  gone->last_path = "/d/a.log";
  TailedFile* now = Make("/d/a.log");
  generations_.Enter(now);
  generations_.Enter(gone);
  EXPECT_TRUE(generations_.IsBehind(*now));
  EXPECT_FALSE(generations_.IsBehind(*gone));
}

TEST_F(GenerationsTest, OneThatLostItsNameIsOlderThanWhatIsMetUnderAnyName) {
  TailedFile* gone = Make("");
  gone->last_path = "/d/a.log";  // it was renamed and deleted before anybody could look
  generations_.Enter(gone);
  TailedFile* met = Make("/d/a.log-20260102");
  generations_.Enter(met);
  EXPECT_TRUE(generations_.IsBehind(*met));
}

TEST_F(GenerationsTest, OneThatLosesItsNameComesAfterWhatIsOlder) {
  TailedFile* older = Make("/d/a.log.1");
  generations_.Enter(older);
  TailedFile* gone = Make("");
  gone->last_path = "/d/a.log";
  generations_.Enter(gone);
  EXPECT_TRUE(generations_.IsBehind(*gone));
}

TEST_F(GenerationsTest, ItsPlaceIsThatOfTheNameUnderWhichItEntered) {
  TailedFile* first = Make("/d/a.log");
  generations_.Enter(first);
  first->path = "/d/a.log.1";  // as logs do that count upwards: it is older than what was rotated before it
  TailedFile* before = Make("/d/a.log.2");
  generations_.Enter(before);
  first->path = "/d/a.log.3";
  EXPECT_FALSE(generations_.IsBehind(*before));
  EXPECT_TRUE(generations_.IsBehind(*first));
}

TEST_F(GenerationsTest, ACopyThatWaitsForItsOriginalIsPassed) {
  TailedFile* oldest = Make("/d/a.log.3.gz");
  TailedFile* copy = Make("/d/a.log.2.gz");
  TailedFile* now = Make("/d/a.log");
  for (TailedFile* file : {oldest, copy, now}) generations_.Enter(file);
  copy->waiting = true;
  copy->original = now;
  EXPECT_TRUE(generations_.IsBehind(*now)) << "what is in front of the copy comes first still";
  EXPECT_TRUE(generations_.Leave(oldest));
  EXPECT_FALSE(generations_.IsBehind(*now));
  copy->original = nullptr;
  EXPECT_TRUE(generations_.IsBehind(*now)) << "nobody knows yet what it is";
}

TEST_F(GenerationsTest, OneThatWasReadBeforeWaitsForAnOlderOneThatIsFoundLate) {
  TailedFile* live = Make("/d/a.log");
  generations_.Enter(live);
  EXPECT_TRUE(generations_.Leave(live));
  EXPECT_FALSE(generations_.Leave(live)) << "it stands in none";
  EXPECT_FALSE(generations_.IsBehind(*live));
  TailedFile* late = Make("/d/a.log.1.gz");
  generations_.Enter(late);
  EXPECT_TRUE(generations_.IsBehind(*live));
  EXPECT_TRUE(generations_.Leave(late));
  EXPECT_FALSE(generations_.IsBehind(*live));
}

TEST_F(GenerationsTest, WhatWasRotatedAwayMayComeBackBeforeTheNextOne) {
  TailedFile* old = Make("/d/a.log");
  generations_.Enter(old);
  generations_.Rotated(old);
  old->path = "/d/a.log.1";
  generations_.Leave(old);
  TailedFile* now = Make("/d/a.log");
  generations_.Enter(now);
  EXPECT_EQ(generations_.Before(*now), old);
  EXPECT_EQ(generations_.Before(*old), nullptr);
  EXPECT_TRUE(generations_.ComeBack(old));
  EXPECT_TRUE(generations_.IsBehind(*now));
  generations_.Leave(old);
  EXPECT_FALSE(generations_.IsBehind(*now));
  generations_.Forget(old);
  EXPECT_EQ(generations_.Before(*now), nullptr);
}

TEST_F(GenerationsTest, WhatIsThereAtTheStartIsSortedByTimeAndThenByName) {
  constexpr int64_t kSecond = 1'000'000'000;
  std::vector<TailedFile*> files = {Make("/d/a.log", 9 * kSecond + 30), Make("/d/a.log.1", 9 * kSecond + 20),
                                    Make("/d/a.log.3.gz", 5 * kSecond), Make("/d/a.log.2.gz", 9 * kSecond)};
  generations_.EnterAll(&files);
  EXPECT_THAT(ReadAll(files), ElementsAre("/d/a.log.3.gz", "/d/a.log.2.gz", "/d/a.log.1", "/d/a.log"));
}

TEST_F(GenerationsTest, WhatIsWrittenNowIsTheYoungestThoughTheOneBeforeWasChangedSince) {
  std::vector<TailedFile*> files = {Make("/d/a.log", 10), Make("/d/a.log.1", 20)};
  generations_.EnterAll(&files);
  EXPECT_THAT(ReadAll(files), ElementsAre("/d/a.log.1", "/d/a.log"));
}

TEST_F(GenerationsTest, NamesThatCountUpwardsAreOrderedByTime) {
  std::vector<TailedFile*> files = {Make("/d/a.log", 50), Make("/d/a.log.1", 10), Make("/d/a.log.2", 20)};
  generations_.EnterAll(&files);
  EXPECT_THAT(ReadAll(files), ElementsAre("/d/a.log.1", "/d/a.log.2", "/d/a.log"));
}

TEST_F(GenerationsTest, AnArchiveInTheMakingStandsWhereItsOriginalDoes) {
  constexpr int64_t kSecond = 1'000'000'000;
  std::vector<TailedFile*> files = {Make("/d/a.log-20260102.gz", 99 * kSecond), Make("/d/a.log", 20 * kSecond),
                                    Make("/d/a.log-20260102", 10 * kSecond)};
  generations_.EnterAll(&files);
  EXPECT_THAT(ReadAll(files), ElementsAre("/d/a.log-20260102", "/d/a.log-20260102.gz", "/d/a.log"));
}

}  // namespace
}  // namespace sluice::agent
