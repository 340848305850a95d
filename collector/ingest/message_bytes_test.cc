#include "collector/ingest/message_bytes.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

grpc::ByteBuffer BufferOf(const std::vector<std::string>& parts) {
  std::vector<grpc::Slice> slices;
  for (const std::string& part : parts) slices.emplace_back(part);
  return grpc::ByteBuffer(slices.data(), slices.size());
}

TEST(MessageBytesTest, JoinsSlices) {
  for (const std::vector<std::string>& parts :
       {std::vector<std::string>{}, {""}, {"a"}, {"ab", "", "c"}, {std::string(100'000, 'x'), "y"}}) {
    std::string whole;
    for (const std::string& part : parts) whole += part;
    SharedBytes bytes;
    {
      grpc::ByteBuffer buffer = BufferOf(parts);
      bytes = TakeBytes(buffer);
    }
    EXPECT_EQ(bytes.view(), whole);
  }
}

TEST(MessageBytesTest, KeepsALargeSliceWhereItIs) {
  grpc::Slice slice(std::string(100'000, 'x'));
  grpc::ByteBuffer buffer(&slice, 1);
  SharedBytes bytes = TakeBytes(buffer);
  EXPECT_EQ(static_cast<const void*>(bytes.view().data()), slice.begin());
  buffer.Clear();
  slice = grpc::Slice();
  EXPECT_EQ(bytes.view(), std::string(100'000, 'x'));
}

}  // namespace
}  // namespace sluice::collector
