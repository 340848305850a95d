#include "agent/process/secret_marks.h"

#include <random>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "base/test_seed.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

SecretMarks MarksOf(std::string_view text, bool inside_word = false) {
  std::string block(text);
  block.resize(kSecretBlock, '\0');
  return MarkSecrets(block.data(), inside_word);
}

uint64_t Bit(int at) { return uint64_t{1} << at; }

TEST(SecretMarksTest, MarksWhatMayBegin) {
  const SecretMarks marks = MarksOf("2026 x=12345 a@b e5: token xoxb_1234 B");
  EXPECT_EQ(marks.digits, Bit(0) | Bit(7));
  EXPECT_EQ(marks.ats, Bit(14));
  EXPECT_EQ(marks.assigns, Bit(6) | Bit(19));
  EXPECT_EQ(marks.keys, Bit(5) | Bit(15) | Bit(17) | Bit(27) | Bit(37));
  EXPECT_FALSE(marks.ends_in_word);
}

TEST(SecretMarksTest, KnowsTheNeighbours) {
  EXPECT_EQ(MarksOf("1234", true).digits, 0);
  EXPECT_EQ(MarksOf("sk", true).keys, 0);
  EXPECT_EQ(MarksOf(std::string(kSecretBlock - 2, ' ') + "12").digits, Bit(kSecretBlock - 2));  // more may follow
  EXPECT_TRUE(MarksOf(std::string(kSecretBlock - 1, ' ') + "_").ends_in_word);
}

TEST(SecretMarksTest, MarksWhatTheSlowWayMarks) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  constexpr std::string_view kCommon = "0123456789__aAeEzZgx@=: `[{/\x80\xff";
  for (int run = 0; run < 50'000; ++run) {
    char block[kSecretBlock];
    for (char& c : block) c = run % 2 == 0 ? static_cast<char>(random()) : kCommon[random() % kCommon.size()];
    const bool inside_word = random() % 2 == 0;
    const SecretMarks fast = MarkSecrets(block, inside_word);
    const SecretMarks slow = internal::MarkByByte(block, inside_word);
    const std::string_view shown(block, kSecretBlock);
    ASSERT_EQ(fast.digits, slow.digits) << shown;
    ASSERT_EQ(fast.ats, slow.ats) << shown;
    ASSERT_EQ(fast.assigns, slow.assigns) << shown;
    ASSERT_EQ(fast.keys, slow.keys) << shown;
    ASSERT_EQ(fast.ends_in_word, slow.ends_in_word) << shown;
  }
}

}  // namespace
}  // namespace sluice::agent
