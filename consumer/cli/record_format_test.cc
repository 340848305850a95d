#include "consumer/cli/record_format.h"

#include "consumer/cli/color.h"
#include "consumer/client/testing_batches.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kNow = 1'700'000'000'000'000'000;  // 2023-11-14T22:13:20Z, a Tuesday

std::string Format(RecordFormat* format, const v1::LogBatch& message) {
  const std::string bytes = message.SerializeAsString();
  auto batch = client::Batch::Parse(bytes);
  EXPECT_TRUE(batch.ok()) << batch.status();
  std::string out;
  format->BeginBatch(*batch);
  for (const client::RecordView& record : batch->records()) format->Append(record, &out);
  return out;
}

v1::LogBatch OneRecord(std::string topic, v1::Severity severity, std::string body) {
  v1::LogBatch batch;
  batch.set_topic(std::move(topic));
  v1::LogRecord* record = batch.add_records();
  record->set_time_unix_nano(kNow + 123'999'999);
  record->set_severity(severity);
  record->set_body(std::move(body));
  return batch;
}

class TextFormatTest : public ::testing::Test {
 protected:
  std::unique_ptr<RecordFormat> NewFormat(bool color = false, int hours_east = 0) {
    return NewTextFormat({.color = color, .zone = absl::FixedTimeZone(hours_east * 3600), .clock = &clock_});
  }
  SimulatedClock clock_{kNow};
};

TEST_F(TextFormatTest, IsTimeTopicSeverityAndLine) {
  EXPECT_EQ(Format(NewFormat().get(), OneRecord("checkout", v1::SEVERITY_ERROR, "payment failed")),
            "22:13:20.123 checkout ERROR payment failed\n");
  EXPECT_EQ(Format(NewFormat().get(), OneRecord("a", v1::SEVERITY_UNSPECIFIED, "")), "22:13:20.123 a        -     \n");
}

TEST_F(TextFormatTest, TellsOfADeadLetterWhyItIsOne) {
  v1::LogBatch batch = OneRecord("dead-letter", v1::SEVERITY_ERROR, "lost");
  (*batch.mutable_labels())["dead_letter.topic"] = "shop";
  (*batch.mutable_labels())["dead_letter.error"] = "no\x1bway";
  EXPECT_EQ(Format(NewFormat().get(), batch), "22:13:20.123 dead-letter ERROR lost  [of shop: no\\x1bway]\n");
}

TEST_F(TextFormatTest, ShowsTheDateOfAnotherDay) {
  auto format = NewFormat();
  clock_.Advance(int64_t{2} * 3600 * 1'000'000'000);
  EXPECT_EQ(Format(format.get(), OneRecord("checkout", v1::SEVERITY_INFO, "x")),
            "2023-11-14 22:13:20.123 checkout INFO  x\n");
}

TEST_F(TextFormatTest, TimesAreThoseOfTheZone) {
  EXPECT_EQ(Format(NewFormat(false, 1).get(), OneRecord("checkout", v1::SEVERITY_INFO, "x")),
            "23:13:20.123 checkout INFO  x\n");
}

TEST_F(TextFormatTest, TheTopicsColumnGrowsUpToABound) {
  auto format = NewFormat();
  Format(format.get(), OneRecord("shop.checkout", v1::SEVERITY_INFO, "x"));
  EXPECT_EQ(Format(format.get(), OneRecord("cart", v1::SEVERITY_INFO, "x")), "22:13:20.123 cart          INFO  x\n");
  const std::string long_topic(50, 't');
  EXPECT_THAT(Format(format.get(), OneRecord(long_topic, v1::SEVERITY_INFO, "x")), HasSubstr(long_topic + " INFO"));
  EXPECT_EQ(Format(format.get(), OneRecord("cart", v1::SEVERITY_INFO, "x")),
            "22:13:20.123 cart" + std::string(28, ' ') + " INFO  x\n");
}

TEST_F(TextFormatTest, NothingInALineIsExecuted) {
  EXPECT_EQ(Format(NewFormat().get(), OneRecord("checkout", v1::SEVERITY_INFO, "a\x1b[2Jb\x07\tc\r")),
            "22:13:20.123 checkout INFO  a\\x1b[2Jb\\x07\tc\n");
  v1::LogBatch batch = OneRecord("checkout", v1::SEVERITY_INFO, "caf\uFFFD");
  batch.mutable_records(0)->set_raw_body("caf\xe9");
  EXPECT_THAT(Format(NewFormat().get(), batch), HasSubstr("caf\\xe9\n"));
}

TEST_F(TextFormatTest, PartsOfALineShowWhereItGoesOn) {
  auto line = [&](v1::LinePart part) {
    v1::LogBatch batch = OneRecord("checkout", v1::SEVERITY_INFO, "x");
    batch.mutable_records(0)->set_part(part);
    std::string out = Format(NewFormat().get(), batch);
    return out.substr(out.find("INFO  ") + 6);
  };
  EXPECT_EQ(line(v1::LINE_PART_FIRST), "x…\n");
  EXPECT_EQ(line(v1::LINE_PART_MIDDLE), "…x…\n");
  EXPECT_EQ(line(v1::LINE_PART_LAST), "…x\n");
  EXPECT_EQ(line(v1::LINE_PART_UNTERMINATED), "x\n");
  EXPECT_EQ(line(v1::LINE_PART_LAST_UNTERMINATED), "…x\n");
}

TEST_F(TextFormatTest, ColorsTopicAndSeverityAndKeepsTheColumns) {
  std::string out = Format(NewFormat(true).get(), OneRecord("cart", v1::SEVERITY_WARN, "x"));
  const std::string topic = std::string(TopicColor("cart")) + "cart" + std::string(kReset);
  const std::string severity = std::string(SeverityColor(v1::SEVERITY_WARN)) + "WARN" + std::string(kReset);
  EXPECT_EQ(out, std::string(kDim) + "22:13:20.123" + std::string(kReset) + " " + topic + "     " + severity + "  x\n");
}

TEST_F(TextFormatTest, ShowsWhatWasLookedFor) {
  auto format = NewTextFormat({.color = true, .contains = "fail", .clock = &clock_});
  EXPECT_THAT(Format(format.get(), OneRecord("cart", v1::SEVERITY_WARN, "payment failed\r")),
              HasSubstr("payment \x1b[7mfail\x1b[0med\n"));
}

TEST(RawFormatTest, IsTheExactBytes) {
  v1::LogBatch batch = client::FullBatch();
  batch.add_records()->set_body("a\x1b[31m\r");
  batch.add_records();
  EXPECT_EQ(Format(NewRawFormat(false).get(), batch), "payment failed\ncaf\xe9\na\x1b[31m\r\n\n");
  EXPECT_EQ(Format(NewRawFormat(true).get(), batch), "payment failed\ncaf\\xe9\na\\x1b[31m\\r\n\n");
}

TEST(JsonFormatTest, HasEveryFieldInAFixedOrder) {
  EXPECT_EQ(
      Format(NewJsonFormat().get(), client::FullBatch()),
      R"({"time":"2023-11-14T22:13:20.123456789Z","topic":"shop.checkout","severity":"ERROR","severity_number":17,)"
      R"("severity_text":"error","body":"payment failed","attributes":{"order":"A-1029"},"agent":"web-1",)"
      R"("host":"web-1.example","path":"/var/log/shop/checkout.log","source":"shop",)"
      R"("labels":{"environment":"prod","service":"shop"},"offset":100})"
      "\n"
      R"({"time":"2023-11-14T22:13:21.000000000Z","topic":"shop.checkout","severity":null,"severity_number":0,)"
      R"("severity_text":"","body":"caf�","attributes":{},"agent":"web-1","host":"web-1.example",)"
      R"("path":"/var/log/shop/checkout.log","source":"shop","labels":{"environment":"prod","service":"shop"},)"
      R"("offset":150,"part":"last","raw_body":"Y2Fm6Q=="})"
      "\n");
}

TEST(JsonFormatTest, AnObjectIsAlwaysOneLine) {
  std::string out = Format(NewJsonFormat().get(), OneRecord("t", v1::SEVERITY_INFO2, "a\nb\x1b"));
  EXPECT_THAT(out, HasSubstr(R"("severity":"INFO","severity_number":10,)"));
  EXPECT_THAT(out, HasSubstr(R"("body":"a\nb\u001b")"));
  EXPECT_EQ(out.find('\n'), out.size() - 1);
}

}  // namespace
}  // namespace sluice::cli
