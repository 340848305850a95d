// Bytes that programs of earlier versions wrote must keep their meaning: each testdata/NAME.bin stays as it is for
// ever, and says what NAME.txtpb says. A new field may be added to a message, but never to these files; new ones are
// made with
//   protoc -Iproto --deterministic_output --encode=sluice.v1.MESSAGE sluice/v1/FILE.proto < NAME.txtpb > NAME.bin
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "sluice/v1/ingest_service.pb.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::v1 {
namespace {

std::string ReadTestdata(const std::string& name) {
  const std::string path = "proto/testdata/" + name;
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << "cannot read " << path;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string Canonical(const google::protobuf::Message& message) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

struct Golden {
  const char* name;
  const google::protobuf::Message& type;
};

class GoldenTest : public testing::TestWithParam<Golden> {};

TEST_P(GoldenTest, OldBytesKeepTheirMeaning) {
  const std::string bytes = ReadTestdata(std::string(GetParam().name) + ".bin");
  const std::unique_ptr<google::protobuf::Message> old(GetParam().type.New());
  ASSERT_TRUE(old->ParseFromString(bytes));

  const std::unique_ptr<google::protobuf::Message> meaning(GetParam().type.New());
  const std::string text = ReadTestdata(std::string(GetParam().name) + ".txtpb");
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, meaning.get()));
  EXPECT_EQ(old->DebugString(), meaning->DebugString());
  EXPECT_EQ(Canonical(*meaning), bytes);
}

INSTANTIATE_TEST_SUITE_P(Messages, GoldenTest,
                         testing::Values(Golden{"push_request_batches", PushRequest::default_instance()},
                                         Golden{"push_request_hello", PushRequest::default_instance()},
                                         Golden{"push_response_ack", PushResponse::default_instance()},
                                         Golden{"push_response_welcome", PushResponse::default_instance()},
                                         Golden{"subscribe_request", SubscribeRequest::default_instance()},
                                         Golden{"subscribe_response_omitted", SubscribeResponse::default_instance()}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace sluice::v1
