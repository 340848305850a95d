#include "collector/log/kafka/header_pool.h"

#include <string>
#include <utility>
#include <vector>

#include "collector/log/testing_batches.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<std::pair<std::string, std::string>> Content(rd_kafka_headers_t* headers) {
  std::vector<std::pair<std::string, std::string>> content;
  const char* name;
  const void* value;
  size_t size;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    content.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  return content;
}

// The batch of a file, and its headers.
struct OfFile {
  explicit OfFile(const std::string& path, KafkaHeaders which = KafkaHeaders::kAll)
      : batch(testing::Pend({.path = path})), writer(batch.view, {KafkaValueFormat::kProtobuf, which}, true) {}
  OwnHeaders Own(uint64_t offset, uint32_t severity, uint64_t size = 16) const {
    RecordView record;
    record.offset = offset;
    record.severity = severity;
    return writer.Own(record, offset + size);
  }
  PendingBatch batch;
  HeaderWriter writer;
};

// As a message would: takes them, is delivered, gives them back. Which ones they were.
rd_kafka_headers_t* Pass(const OfFile& file, const OwnHeaders& own, HeaderPool* pool) {
  pool->Begin(&file.writer);
  HeaderPool::Lent* const lent = pool->Take(own);
  EXPECT_EQ(Content(lent->headers.get()), Content(file.writer.Make(own).get()));
  rd_kafka_headers_t* const headers = lent->headers.get();
  pool->GiveBack(lent);
  return headers;
}

TEST(HeaderPoolTest, FillsInWhatTheNextMessageHas) {
  HeaderPool pool;
  const OfFile one("/var/log/app/a.log");
  rd_kafka_headers_t* const first = Pass(one, one.Own(100, 9), &pool);
  EXPECT_EQ(Pass(one, one.Own(116, 9, 17), &pool), first);
  EXPECT_EQ(pool.spare(), 1u);
}

TEST(HeaderPoolTest, FillsInWhatAnotherFileHas) {
  HeaderPool pool;
  const OfFile one("/var/log/app/a.log");
  const OfFile other("/var/log/app/b.log");
  rd_kafka_headers_t* const first = Pass(one, one.Own(100, 9), &pool);
  EXPECT_EQ(Pass(other, other.Own(200, 9), &pool), first);
  EXPECT_EQ(Pass(one, one.Own(300, 9), &pool), first);
}

TEST(HeaderPoolTest, MakesWhatHasAnotherSize) {
  HeaderPool pool;
  const OfFile one("/var/log/app/a.log");
  const OfFile longer("/var/log/app/access.log");
  const OfFile bare("/var/log/app/a.log", KafkaHeaders::kIdentity);
  Pass(one, one.Own(100, 9), &pool);
  Pass(one, one.Own(1'000, 9), &pool);       // another offset
  Pass(one, one.Own(100, 9, 1'000), &pool);  // another line
  Pass(one, one.Own(100, 17), &pool);        // another severity
  Pass(one, one.Own(100, 0), &pool);         // none
  Pass(longer, longer.Own(100, 9), &pool);
  Pass(bare, bare.Own(100, 9), &pool);
  EXPECT_EQ(pool.spare(), 7u);
}

TEST(HeaderPoolTest, TwoMessagesAtATimeHaveHeadersOfTheirOwn) {
  HeaderPool pool;
  const OfFile one("/var/log/app/a.log");
  pool.Begin(&one.writer);
  HeaderPool::Lent* const a = pool.Take(one.Own(100, 9));
  HeaderPool::Lent* const b = pool.Take(one.Own(200, 9));
  EXPECT_THAT(Content(a->headers.get()),
              ElementsAre(Pair("agent", "web-1"), Pair("host", "host-of-web-1"), Pair("path", "/var/log/app/a.log"),
                          Pair("labels", R"({"service":"shop"})"), Pair("offset", "100"), Pair("severity", "INFO"),
                          Pair("sluice", "p16 app")));
  EXPECT_EQ(Content(b->headers.get()), Content(one.writer.Make(one.Own(200, 9)).get()));
}

TEST(HeaderPoolTest, KeepsNoMoreThanItsBound) {
  HeaderPool pool;
  const OfFile one("/var/log/app/a.log");
  const OwnHeaders own = one.Own(100, 9);
  pool.Begin(&one.writer);
  std::vector<HeaderPool::Lent*> taken;
  for (size_t i = 0; i <= HeaderPool::kSpareMax; ++i) taken.push_back(pool.Take(own));
  HeaderPool::Lent* const last = pool.Take(own);
  for (HeaderPool::Lent* lent : taken) pool.GiveBack(lent);
  EXPECT_LT(pool.spare(), HeaderPool::kSpareMax);
  pool.GiveBack(last);
  Pass(one, own, &pool);
}

TEST(HeaderPoolTest, ADeadLetterSaysWhyWhateverHeadersAreAskedFor) {
  v1::LogBatch batch = testing::MakeBatch({});
  const auto headers = [&batch] {
    const PendingBatch pending = testing::Pend(batch);
    const HeaderWriter writer(pending.view, {KafkaValueFormat::kProtobuf, KafkaHeaders::kIdentity}, true);
    return Content(writer.Make(writer.Own(RecordView(), 16)).get());
  };
  EXPECT_THAT(headers(), ElementsAre(Pair("offset", "0"), Pair("sluice", "p16")));
  (*batch.mutable_labels())["dead_letter.reason"] = "refused";
  EXPECT_THAT(headers(), ElementsAre(Pair("labels", R"({"dead_letter.reason":"refused","service":"shop"})"),
                                     Pair("offset", "0"), Pair("sluice", "p16")));
}

}  // namespace
}  // namespace sluice::collector::kafka
