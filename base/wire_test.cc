#include "base/wire.h"

#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "base/test_seed.h"
#include "sluice/v1/log.pb.h"

namespace sluice::wire {
namespace {

using namespace std::string_view_literals;

// Numbers around every size of a varint.
std::vector<uint64_t> VarintEdges() {
  std::vector<uint64_t> edges = {0, std::numeric_limits<uint64_t>::max()};
  for (int bits = 7; bits < 64; bits += 7) {
    const uint64_t edge = uint64_t{1} << bits;
    edges.insert(edges.end(), {edge - 1, edge, edge + 1});
  }
  return edges;
}

TEST(WireTest, WritesARecordThatTheGeneratedClassReads) {
  for (const uint64_t offset : VarintEdges()) {
    char buffer[256];
    char* end = WriteVarint(buffer, Tag(1, Type::kFixed64));
    end = WriteFixed64(end, offset);
    end = WriteVarint(end, Tag(2, Type::kVarint));
    end = WriteVarint(end, v1::SEVERITY_WARN);
    end = WriteVarint(end, Tag(4, Type::kBytes));
    end = WriteBytes(end, "the line");
    end = WriteVarint(end, Tag(6, Type::kVarint));
    const char* const before = end;
    end = WriteVarint(end, offset);
    EXPECT_EQ(VarintSize(offset), static_cast<size_t>(end - before));

    v1::LogRecord record;
    ASSERT_TRUE(record.ParseFromArray(buffer, static_cast<int>(end - buffer)));
    EXPECT_EQ(record.time_unix_nano(), offset);
    EXPECT_EQ(record.severity(), v1::SEVERITY_WARN);
    EXPECT_EQ(record.body(), "the line");
    EXPECT_EQ(record.offset(), offset);
    if (offset == 0) continue;  // which protobuf leaves out
    EXPECT_EQ(record.SerializeAsString(), std::string_view(buffer, static_cast<size_t>(end - buffer)));
  }
}

TEST(WireTest, ReadsARecordThatTheGeneratedClassWrote) {
  v1::LogRecord record;
  record.set_time_unix_nano(1'700'000'000'123'456'789);
  record.set_severity(v1::SEVERITY_ERROR);
  record.set_body(std::string(300, 'x'));
  record.set_offset(1 << 20);
  const std::string bytes = record.SerializeAsString();

  Reader reader(bytes);
  Field field;
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_EQ(field.number, 1);
  EXPECT_EQ(field.type, Type::kFixed64);
  EXPECT_EQ(field.value, record.time_unix_nano());
  EXPECT_EQ(reader.position(), 9);
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_EQ(field.number, 2);
  EXPECT_EQ(field.value, v1::SEVERITY_ERROR);
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_EQ(field.number, 4);
  EXPECT_EQ(field.type, Type::kBytes);
  EXPECT_EQ(field.bytes, record.body());
  EXPECT_GE(field.bytes.data(), bytes.data());  // a view, no copy
  EXPECT_LT(field.bytes.data(), bytes.data() + bytes.size());
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_EQ(field.value, record.offset());
  EXPECT_FALSE(reader.Next(&field));
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.position(), bytes.size());
}

struct MalformedCase {
  const char* what;
  std::string_view bytes;
  size_t position;
};

const MalformedCase kMalformedCases[] = {
    {"tag cut off", "\x80"sv, 0},
    {"value missing", "\x08"sv, 0},
    {"varint cut off", "\x08\x80\x80"sv, 0},
    {"varint of eleven bytes", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, 0},
    {"varint above 64 bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv, 0},
    {"field number 0", "\x00\x01"sv, 0},
    {"field number above 2^29-1", "\x80\x80\x80\x80\x10\x01"sv, 0},
    {"fixed64 cut off", "\x09\x01\x02\x03\x04\x05\x06\x07"sv, 0},
    {"fixed32 cut off", "\x0d\x01\x02\x03"sv, 0},
    {"bytes beyond the end", "\x0a\x02x"sv, 0},
    {"bytes of absurd length", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"sv, 0},
    {"group", "\x0b\x0c"sv, 0},
    {"end of a group", "\x0c"sv, 0},
    {"type 6", "\x0e\x00"sv, 0},
    {"type 7", "\x0f\x00"sv, 0},
    {"second field malformed", "\x08\x01\x0a\x05x"sv, 2},
};

TEST(WireTest, StopsAtAMalformedFieldAndSaysWhere) {
  for (const MalformedCase& c : kMalformedCases) {
    SCOPED_TRACE(c.what);
    Reader reader(c.bytes);
    Field field;
    while (reader.Next(&field)) {
    }
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.position(), c.position);
    EXPECT_FALSE(reader.Next(&field)) << "goes on after an error";
  }
}

TEST(WireTest, RefusesTagsAndSizesInMoreBytesThanProtobufTakes) {
  const std::string tag_in_six("\xe0\xbe\x8f\x8f\x8f\x00r", 7);
  const std::string size_in_six("\x22\x81\x80\x80\x80\x80\x00r", 8);
  const std::string in_five("\xa2\x80\x80\x80\x00\x81\x80\x80\x80\x00r", 11);
  for (const std::string& message : {tag_in_six, size_in_six, in_five}) {
    Reader reader(message);
    Field field;
    const bool is_read = reader.Next(&field);
    v1::LogRecord oracle;
    EXPECT_EQ(is_read, oracle.ParseFromString(message));
    EXPECT_EQ(is_read, message == in_five);
  }
}

TEST(WireTest, AnEmptyMessageHasNoFields) {
  Reader reader("");
  Field field;
  EXPECT_FALSE(reader.Next(&field));
  EXPECT_TRUE(reader.ok());
}

// The generated code's own parser for fields that it does not know is the oracle.
TEST(WireTest, AgreesWithProtobufOnDamagedMessages) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  v1::LogRecord record;
  record.set_time_unix_nano(1'700'000'000'000'000'000);
  record.set_severity_text("warning");
  record.set_body("a line of some length, with ä");
  (*record.mutable_attributes())["key"] = "value";
  record.set_offset(300);
  const std::string good = record.SerializeAsString();
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes = good.substr(0, random() % (good.size() + 1));
    for (uint64_t flips = random() % 3; flips > 0 && !bytes.empty(); --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    google::protobuf::UnknownFieldSet fields;
    const bool parsed = fields.ParseFromString(bytes);
    bool has_group = false;
    for (int f = 0; f < fields.field_count(); ++f) {
      has_group |= fields.field(f).type() == google::protobuf::UnknownField::TYPE_GROUP;
    }
    Reader reader(bytes);
    Field field;
    int count = 0;
    while (reader.Next(&field)) ++count;
    if (has_group) continue;  // Reader's own rule: malformed
    ASSERT_EQ(reader.ok(), parsed) << "byte " << reader.position();
    if (parsed) ASSERT_EQ(count, fields.field_count());
  }
}

}  // namespace
}  // namespace sluice::wire
