#include "agent/encode/message_encoder.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/encode/shared_fields.h"
#include "base/text.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "gtest/gtest.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::agent {
namespace {

std::string Canonical(const google::protobuf::Message& message) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

v1::ContentHash Hash(uint32_t length, uint64_t xxh3) {
  v1::ContentHash hash;
  hash.set_length(length);
  hash.set_xxh3(xxh3);
  return hash;
}

SharedFields SomeFields() {
  SharedFields fields = {.topic = "shop.error",
                         .agent = "web-1",
                         .host = "web-1.example",
                         .path = "/var/log/shop/error/a.log",
                         .source = "app",
                         .labels = {{"service", "shop"}, {"environment", "prod"}}};
  fields.file.set_device(64769);
  fields.file.set_inode(1234567);
  fields.file.set_birth_time_unix_nano(1'795'000'000'000'000'001);
  fields.file.set_generation(2);
  return fields;
}

// What the generated classes hold of a batch: filled in beside the encoder.
class Oracle {
 public:
  v1::LogBatch* Begin(const SharedFields& fields) {
    v1::LogBatch* batch = request_.add_batches();
    batch->set_topic(ReplaceInvalidUtf8(fields.topic));
    batch->set_agent(fields.agent);
    batch->set_host(fields.host);
    batch->set_path(ReplaceInvalidUtf8(fields.path));
    batch->set_source(fields.source);
    batch->mutable_labels()->insert(fields.labels.begin(), fields.labels.end());
    *batch->mutable_file() = fields.file;
    return batch;
  }
  void Add(const Record& record) {
    v1::LogBatch* batch = Current();
    v1::LogRecord* added = batch->add_records();
    added->set_time_unix_nano(record.time_unix_nano);
    added->set_severity(record.severity);
    added->set_severity_text(std::string(record.severity_text));
    added->set_body(ReplaceInvalidUtf8(record.line));
    if (!record.valid_utf8) added->set_raw_body(std::string(record.line));
    for (const auto& [name, value] : record.attributes) {
      (*added->mutable_attributes())[ReplaceInvalidUtf8(name)] = ReplaceInvalidUtf8(value);
    }
    added->set_offset(record.offset);
    added->set_part(record.part);
    v1::BatchSummary* summary = batch->mutable_summary();
    const bool first = summary->count() == 0;
    summary->set_count(summary->count() + 1);
    summary->set_severities(summary->severities() | 1u << record.severity);
    summary->set_min_time_unix_nano(first ? record.time_unix_nano
                                          : std::min(summary->min_time_unix_nano(), record.time_unix_nano));
    summary->set_max_time_unix_nano(std::max(summary->max_time_unix_nano(), record.time_unix_nano));
  }
  v1::LogBatch* Current() { return request_.mutable_batches(request_.batches_size() - 1); }
  const v1::PushRequest& request() const { return request_; }

 private:
  v1::PushRequest request_;
};

// One batch with one record, decoded again.
v1::LogRecord RoundTrip(const Record& record) {
  std::vector<char> buffer(1 << 16);
  MessageEncoder message;
  message.Reset(buffer.data(), buffer.size());
  EXPECT_TRUE(message.BeginBatch("", 0, 0, {}));
  EXPECT_TRUE(message.AddRecord(record));
  message.EndBatch(1, {});
  v1::PushRequest request;
  EXPECT_TRUE(request.ParseFromString(std::string(message.message())));
  EXPECT_EQ(request.batches_size(), 1);
  EXPECT_EQ(request.batches(0).records_size(), 1);
  return request.batches(0).records(0);
}

TEST(MessageEncoderTest, WritesEveryField) {
  const std::string shared = EncodeSharedFields(SomeFields());
  std::vector<char> buffer(4096);
  MessageEncoder message;
  message.Reset(buffer.data(), buffer.size());
  EXPECT_EQ(message.message(), "");
  const Record record = {.time_unix_nano = 1'795'166'139'123'456'789,
                         .severity = v1::SEVERITY_ERROR,
                         .severity_text = "error",
                         .line = "a line",
                         .offset = 300,
                         .part = v1::LINE_PART_LAST};
  ASSERT_TRUE(message.BeginBatch(shared, 300, 299, Hash(256, 11)));
  ASSERT_TRUE(message.AddRecord(record));
  EXPECT_EQ(message.batch_records(), 1);
  message.EndBatch(307, Hash(64, 12));

  Oracle oracle;
  v1::LogBatch* batch = oracle.Begin(SomeFields());
  oracle.Add(record);
  batch->set_first_offset(300);
  batch->set_skipped_bytes(299);
  batch->set_end_offset(307);
  *batch->mutable_head() = Hash(256, 11);
  *batch->mutable_frontier() = Hash(64, 12);
  EXPECT_EQ(message.message(), Canonical(oracle.request()));
}

// The stored bytes of proto/testdata, from their meaning.
TEST(MessageEncoderTest, WritesTheGoldenBytes) {
  std::ifstream in("proto/testdata/push_request_batches.bin", std::ios::binary);
  const std::string golden(std::istreambuf_iterator<char>(in), {});
  v1::PushRequest request;
  ASSERT_TRUE(request.ParseFromString(golden));
  ASSERT_EQ(request.batches_size(), 1);
  const v1::LogBatch& batch = request.batches(0);

  std::vector<char> buffer(4096);
  MessageEncoder message;
  message.Reset(buffer.data(), buffer.size());
  const std::string shared = EncodeSharedFields({.topic = batch.topic(),
                                                 .agent = batch.agent(),
                                                 .host = batch.host(),
                                                 .path = batch.path(),
                                                 .source = batch.source(),
                                                 .labels = {batch.labels().begin(), batch.labels().end()},
                                                 .file = batch.file()});
  ASSERT_TRUE(message.BeginBatch(shared, batch.first_offset(), batch.skipped_bytes(), batch.head()));
  for (const v1::LogRecord& record : batch.records()) {
    const std::vector<Record::Attribute> attributes(record.attributes().begin(), record.attributes().end());
    ASSERT_TRUE(message.AddRecord({.time_unix_nano = record.time_unix_nano(),
                                   .severity = record.severity(),
                                   .severity_text = record.severity_text(),
                                   .line = record.raw_body().empty() ? record.body() : record.raw_body(),
                                   .valid_utf8 = record.raw_body().empty(),
                                   .attributes = attributes,
                                   .offset = record.offset(),
                                   .part = record.part()}));
  }
  message.EndBatch(batch.end_offset(), batch.frontier());
  constexpr std::string_view kSequence = "\x18\x07";  // whoever sends it adds that
  EXPECT_EQ(std::string(kSequence) + std::string(message.message()), golden);
}

TEST(MessageEncoderTest, LeavesDefaultsOut) {
  std::vector<char> buffer(1024);
  MessageEncoder message;
  message.Reset(buffer.data(), buffer.size());
  ASSERT_TRUE(message.BeginBatch("", 0, 0, {}));
  ASSERT_TRUE(message.AddRecord({}));  // an empty line at the file's start, at no time
  message.EndBatch(1, {});
  v1::PushRequest request;
  ASSERT_TRUE(request.ParseFromString(std::string(message.message())));
  EXPECT_EQ(request.batches(0).ShortDebugString(), "end_offset: 1 summary { count: 1 severities: 1 } records { }");
}

TEST(MessageEncoderTest, KeepsTheExactBytesOfALineThatIsNotText) {
  constexpr std::string_view kLine("caf\xe9 \0 \xf0\x9f\x98\x80", 11);
  const v1::LogRecord record = RoundTrip({.line = kLine, .valid_utf8 = false});
  EXPECT_EQ(record.raw_body(), kLine);
  EXPECT_EQ(record.body(), std::string("caf\xef\xbf\xbd \0 \xf0\x9f\x98\x80", 13));
}

TEST(MessageEncoderTest, ShowsAttributesThatAreNotText) {
  const Record::Attribute attributes[] = {{"user", "ann"}, {"empty", {}}, {"bad", "\xff"}};
  const v1::LogRecord record = RoundTrip({.line = "x", .attributes = attributes});
  EXPECT_EQ(record.attributes_size(), 3);
  EXPECT_EQ(record.attributes().at("user"), "ann");
  EXPECT_EQ(record.attributes().at("empty"), "");
  EXPECT_EQ(record.attributes().at("bad"), "\xef\xbf\xbd");
}

// Every length of a name and a value up to where lengths take two bytes, from memory that ends with them.
TEST(MessageEncoderTest, WritesAttributesOfAnyLength) {
  for (const bool known_utf8 : {true, false}) {
    for (size_t size = 0; size < 300; ++size) {
      const std::string name(size % 40, 'n');
      const std::vector<char> value(size, 'v');
      const Record::Attribute attributes[] = {{name, {value.data(), value.size()}}, {"other", "x"}};
      const v1::LogRecord record =
          RoundTrip({.line = "x", .attributes = attributes, .attributes_are_utf8 = known_utf8});
      ASSERT_EQ(record.attributes_size(), 2) << size;
      EXPECT_EQ(record.attributes().at(name), std::string(size, 'v'));
      EXPECT_EQ(record.attributes().at("other"), "x");
    }
  }
}

// The quick way for attributes that may be read beyond their ends gives the same bytes, writes nothing behind its
// buffer, and takes as many records.
TEST(MessageEncoderTest, PaddedAttributesGiveTheSameMessage) {
  std::mt19937 random(20261128);
  const std::string shared = EncodeSharedFields(SomeFields());
  for (int round = 0; round < 2000; ++round) {
    std::vector<char> text(2000);
    for (char& c : text) c = static_cast<char>(' ' + random() % 90);
    std::vector<Record::Attribute> attributes;
    size_t at = 0;
    for (uint32_t left = 1 + random() % 12; left > 0; --left) {
      const size_t name = random() % 40;
      const size_t value = random() % 100;
      attributes.push_back({{text.data() + at, name}, {text.data() + at + name, value}});
      at += name + value;
    }
    ASSERT_LE(at + kPaddingBytes, text.size());
    const std::string line(random() % 40 == 0 ? 16'000 + random() % 800 : random() % 300,
                           'x');  // sizes of 1 to 3 bytes
    const size_t capacity = BatchOverhead(shared) + 2 * line.size() + random() % 4000;
    std::vector<std::string> messages;
    for (const bool padded : {false, true}) {
      std::vector<char> buffer(capacity + 64, '#');
      MessageEncoder message;
      message.Reset(buffer.data(), capacity);
      ASSERT_TRUE(message.BeginBatch(shared, 5, 0, {}));
      uint64_t records = 0;
      while (message.AddRecord({.line = line,
                                .attributes = attributes,
                                .attributes_are_utf8 = true,
                                .padded_attribute_bytes = padded ? at : 0})) {
        ++records;
      }
      if (records > 0) {
        message.EndBatch(5 + records, {});
      } else {
        message.CancelBatch();
      }
      messages.emplace_back(message.message());
      EXPECT_EQ(std::string(buffer.end() - 64, buffer.end()), std::string(64, '#')) << "wrote behind " << capacity;
    }
    ASSERT_EQ(messages[0], messages[1]) << "round " << round;
  }
}

// Whatever the capacity: what fits is written whole, what does not fit leaves no trace.
TEST(MessageEncoderTest, ARecordWithoutRoomLeavesNoTrace) {
  const std::string shared = EncodeSharedFields(SomeFields());
  const Record::Attribute attributes[] = {{"a", "b"}};
  const Record record = {.time_unix_nano = 1,
                         .severity_text = "info",
                         .line = "0123456789",
                         .attributes = attributes,
                         .attributes_are_utf8 = true,
                         .offset = 5};
  for (size_t capacity = 0; capacity < 600; ++capacity) {
    const std::vector<char> canary(64, '#');
    std::vector<char> buffer(capacity + canary.size(), '#');
    MessageEncoder message;
    message.Reset(buffer.data(), capacity);
    const bool begun = message.BeginBatch(shared, 5, 0, {});
    EXPECT_EQ(begun, capacity >= BatchOverhead(shared));
    int added = 0;
    while (begun && message.AddRecord(record)) ++added;
    if (begun && added > 0) message.EndBatch(5 + 11 * added, {});
    if (begun && added == 0) message.CancelBatch();
    EXPECT_TRUE(std::equal(canary.begin(), canary.end(), buffer.begin() + capacity)) << "wrote behind " << capacity;
    v1::PushRequest request;
    ASSERT_TRUE(request.ParseFromString(std::string(message.message())));
    EXPECT_EQ(request.batches_size(), added > 0 ? 1 : 0);
    if (added > 0) {
      EXPECT_EQ(request.batches(0).records_size(), added);
    }
  }
}

TEST(MessageEncoderTest, TheStatedOverheadHoldsAnyRecord) {
  const std::string line(100'000, '\xff');
  for (bool valid : {true, false}) {
    const Record record = {.time_unix_nano = UINT64_MAX,
                           .severity = v1::SEVERITY_FATAL4,
                           .severity_text = "a level of thirty-two characters",
                           .line = line,
                           .valid_utf8 = valid,
                           .offset = UINT64_MAX,
                           .part = v1::LINE_PART_LAST_UNTERMINATED};
    const std::string shared = EncodeSharedFields(SomeFields());
    std::vector<char> buffer(BatchOverhead(shared) + kRecordOverheadBytes + record.severity_text.size() +
                             (valid ? 1 : 4) * line.size());
    MessageEncoder message;
    message.Reset(buffer.data(), buffer.size());
    ASSERT_TRUE(message.BeginBatch(shared, UINT64_MAX - 1, UINT64_MAX, Hash(UINT32_MAX, UINT64_MAX)));
    EXPECT_TRUE(message.AddRecord(record));
    message.EndBatch(UINT64_MAX, Hash(UINT32_MAX, UINT64_MAX));
    EXPECT_GE(message.message().data(), buffer.data());
  }
}

TEST(MessageEncoderTest, ACancelledBatchIsGone) {
  const std::string shared = EncodeSharedFields(SomeFields());
  std::vector<char> buffer(4096);
  MessageEncoder message;
  message.Reset(buffer.data(), buffer.size());
  ASSERT_TRUE(message.BeginBatch(shared, 0, 0, {}));
  ASSERT_TRUE(message.AddRecord({.line = "kept"}));
  message.EndBatch(5, {});
  const std::string before(message.message());
  ASSERT_TRUE(message.BeginBatch(shared, 5, 0, {}));
  ASSERT_TRUE(message.AddRecord({.line = "dropped"}));
  message.CancelBatch();
  EXPECT_EQ(message.batch_records(), 0);
  EXPECT_EQ(message.message(), before);
}

// Random messages of several batches, to the byte what the generated classes write.
class RandomMessage {
 public:
  explicit RandomMessage(uint32_t seed) : random_(seed) {}

  SharedFields Fields() {
    SharedFields fields = {.topic = Text(), .agent = Text(), .host = Text(), .path = Bytes(), .source = Text()};
    for (uint32_t i = random_() % 4; i > 0; --i) fields.labels[Text()] = Text();
    fields.file.set_device(Number());
    fields.file.set_inode(Number());
    fields.file.set_birth_time_unix_nano(Number());
    fields.file.set_generation(static_cast<uint32_t>(Number()));
    return fields;
  }
  Record NextRecord() {
    text_ = Text().substr(0, kTextMax);
    line_ = random_() % 5 == 0 ? Bytes() : Text();
    return {.time_unix_nano = Number(),
            .severity = static_cast<v1::Severity>(random_() % 25),
            .severity_text = text_,
            .line = line_,
            .valid_utf8 = IsValidUtf8(line_),
            .offset = Number(),
            .part = static_cast<v1::LinePart>(random_() % 6)};
  }
  v1::ContentHash NextHash() { return random_() % 4 == 0 ? v1::ContentHash() : Hash(1 + random_() % 9999, Number()); }
  // Of any length in bits.
  uint64_t Number() {
    const uint64_t number = uint64_t{random_()} << 32 | random_();
    return random_() % 5 == 0 ? 0 : number >> (random_() % 64);
  }
  uint32_t Below(uint32_t limit) { return random_() % limit; }

 private:
  static constexpr size_t kTextMax = 32;

  size_t Length() { return random_() % 10 == 0 ? random_() % 20'000 : random_() % 200; }
  std::string Text() { return std::string(Length(), static_cast<char>('a' + random_() % 26)); }
  std::string Bytes() {
    std::string bytes(Length(), ' ');
    for (char& c : bytes) c = static_cast<char>(random_() % (random_() % 2 == 0 ? 128 : 256));
    return bytes;
  }

  std::mt19937 random_;
  std::string text_;
  std::string line_;
};

TEST(MessageEncoderTest, AgreesWithTheGeneratedClassesOnRandomMessages) {
  RandomMessage random(20261120);
  std::vector<char> buffer(8 << 20);
  MessageEncoder message;
  for (int round = 0; round < 300; ++round) {
    message.Reset(buffer.data(), buffer.size());
    Oracle oracle;
    for (uint32_t batches = random.Below(6); batches > 0; --batches) {
      const SharedFields fields = random.Fields();
      const std::string shared = EncodeSharedFields(fields);
      const uint64_t first_offset = random.Number();
      const uint64_t skipped = random.Number();
      const v1::ContentHash head = random.NextHash();
      const v1::ContentHash frontier = random.NextHash();
      v1::LogBatch* batch = oracle.Begin(fields);
      ASSERT_TRUE(message.BeginBatch(shared, first_offset, skipped, head));
      for (uint32_t records = 1 + random.Below(20); records > 0; --records) {
        const Record record = random.NextRecord();
        ASSERT_TRUE(message.AddRecord(record));
        oracle.Add(record);
      }
      message.EndBatch(first_offset + 1, frontier);
      batch->set_first_offset(first_offset);
      batch->set_end_offset(first_offset + 1);
      batch->set_skipped_bytes(skipped);
      if (head.length() > 0) *batch->mutable_head() = head;
      if (frontier.length() > 0) *batch->mutable_frontier() = frontier;
    }
    ASSERT_EQ(message.message(), Canonical(oracle.request())) << "round " << round;
  }
}

}  // namespace
}  // namespace sluice::agent
