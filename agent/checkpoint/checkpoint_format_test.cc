#include "agent/checkpoint/checkpoint_format.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

v1::AgentCheckpoint Example() {
  v1::AgentCheckpoint checkpoint;
  checkpoint.set_agent("web-1");
  checkpoint.set_time_unix_nano(1'700'000'000'000'000'000);
  v1::FileWatermark* file = checkpoint.add_files();
  file->mutable_file()->set_device(2049);
  file->mutable_file()->set_inode(42);
  file->mutable_file()->set_generation(1);
  file->set_end_offset(4096);
  file->set_path("/var/log/a.log");
  return checkpoint;
}

// The example of docs/checkpoint-format.md, as version 1 wrote it.
constexpr char kGolden[] =
    "534c554943454350010000002e000000aaecfb4a8c3458610a057765622d311100002a36fe9c97171a1c0a07088110102a2001108020"
    "1a0e2f7661722f6c6f672f612e6c6f67";

TEST(CheckpointFormatTest, OldBytesStillParse) {
  absl::StatusOr<v1::AgentCheckpoint> checkpoint = DecodeCheckpoint(absl::HexStringToBytes(kGolden));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->SerializeAsString(), Example().SerializeAsString());
}

TEST(CheckpointFormatTest, WritesWhatItsPageSays) {
  EXPECT_EQ(absl::BytesToHexString(EncodeCheckpoint(Example())), kGolden);
}

TEST(CheckpointFormatTest, NoticesEveryTruncationAndEveryFlippedBit) {
  const std::string bytes = EncodeCheckpoint(Example());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeCheckpoint(std::string_view(bytes).substr(0, size)).ok()) << "cut to " << size;
  }
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeCheckpoint(damaged).ok()) << "bit " << bit;
  }
}

TEST(CheckpointFormatTest, DoesNotLookAtWhatStandsBehind) {
  absl::StatusOr<v1::AgentCheckpoint> checkpoint = DecodeCheckpoint(EncodeCheckpoint(Example()) + "left over");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->SerializeAsString(), Example().SerializeAsString());
}

TEST(CheckpointFormatTest, SaysThatANewerAgentWroteIt) {
  std::string bytes = EncodeCheckpoint(Example());
  bytes[8] = 9;
  absl::Status status = DecodeCheckpoint(bytes).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(status.message(), "written by a newer agent: format version 9; this agent reads version 1");
}

}  // namespace
}  // namespace sluice::agent
