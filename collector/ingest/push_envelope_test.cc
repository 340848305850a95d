#include "collector/ingest/push_envelope.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

TEST(PushEnvelopeTest, ReadsWhatTheGeneratedClassesWrite) {
  v1::PushRequest request;
  request.mutable_hello()->set_agent("web-1");
  request.mutable_status()->set_files(3);
  request.set_sequence(1'000'000'007);
  request.add_batches()->set_topic("a");
  request.add_batches();
  std::string bytes = request.SerializeAsString();

  auto envelope = ParsePushEnvelope(bytes);
  ASSERT_TRUE(envelope.ok()) << envelope.status();
  EXPECT_EQ(envelope->hello, request.hello().SerializeAsString());
  EXPECT_EQ(envelope->status, request.status().SerializeAsString());
  EXPECT_EQ(envelope->sequence, 1'000'000'007);
  ASSERT_EQ(envelope->batches.size(), 2);
  EXPECT_EQ(envelope->batches[0], request.batches(0).SerializeAsString());
  EXPECT_EQ(envelope->batches[1], "");
}

TEST(PushEnvelopeTest, TakesAnEmptyMessageAndPassesOverUnknownFields) {
  EXPECT_TRUE(ParsePushEnvelope("").ok());
  auto envelope = ParsePushEnvelope(
      "\x7a\x03"
      "abc\x18\x05");
  ASSERT_TRUE(envelope.ok()) << envelope.status();
  EXPECT_EQ(envelope->sequence, 5);
}

TEST(PushEnvelopeTest, SaysWhereAMessageIsMalformed) {
  struct {
    std::string_view name;
    std::string bytes;
    std::string_view problem;
  } const cases[] = {
      {"truncated tag", std::string("\x18\x01\x80", 3), "at byte 2: no well-formed field"},
      {"truncated batch",
       std::string("\x22\x05"
                   "ab"),
       "at byte 0: no well-formed field"},
      {"absurd length", std::string("\x22\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "at byte 0: no well-formed field"},
      {"varint of eleven bytes", std::string(11, '\xff'), "at byte 0: no well-formed field"},
      {"group", std::string("\x0b\x0c"), "at byte 0: no well-formed field"},
      {"field number 0", std::string("\x02\x00", 2), "at byte 0: no well-formed field"},
      {"hello as varint", std::string("\x08\x01"), "at byte 0: hello is no message"},
      {"status as varint", std::string("\x10\x01"), "at byte 0: status is no message"},
      {"sequence as bytes", std::string("\x1a\x01x"), "at byte 0: sequence is no varint"},
      {"batch as fixed32", std::string("\x18\x01\x25\x01\x02\x03\x04"), "at byte 2: batches is no message"},
      {"hello twice", std::string("\x0a\x00\x0a\x00", 4), "at byte 2: hello is there twice"},
      {"status twice", std::string("\x12\x00\x12\x00", 4), "at byte 2: status is there twice"},
  };
  for (const auto& c : cases) {
    auto envelope = ParsePushEnvelope(c.bytes);
    ASSERT_FALSE(envelope.ok()) << c.name;
    EXPECT_EQ(envelope.status().code(), absl::StatusCode::kInvalidArgument) << c.name;
    EXPECT_THAT(std::string(envelope.status().message()), HasSubstr(std::string(c.problem))) << c.name;
  }
}

TEST(PushEnvelopeTest, BoundsTheBatchesOfAMessage) {
  std::string bytes;
  for (size_t i = 0; i < kBatchesPerMessageMax; ++i) bytes += std::string("\x22\x00", 2);
  EXPECT_TRUE(ParsePushEnvelope(bytes).ok());
  bytes += std::string("\x22\x00", 2);
  EXPECT_EQ(ParsePushEnvelope(bytes).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::collector
