#include "collector/ingest/message_bytes.h"

#include <cstring>
#include <memory>
#include <vector>

#include "grpcpp/support/slice.h"

namespace sluice::collector {
namespace {

// gRPC reads from a socket into blocks of 64 KiB at most: a slice of this size wastes little.
constexpr size_t kKeptSliceBytesMin = 64 << 10;

std::string_view View(const grpc::Slice& slice) {
  return std::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

}  // namespace

SharedBytes TakeBytes(const grpc::ByteBuffer& message) {
  const size_t size = message.Length();
  if (size == 0) return SharedBytes();
  if (size >= kKeptSliceBytesMin) {
    auto slice = std::make_shared<grpc::Slice>();
    if (message.TrySingleSlice(slice.get()).ok()) {
      std::string_view view = View(*slice);
      return SharedBytes(std::move(slice), view);
    }
  }
  std::vector<grpc::Slice> slices;
  if (!message.Dump(&slices).ok()) return SharedBytes();
  auto copy = std::make_shared_for_overwrite<char[]>(size);
  char* at = copy.get();
  for (const grpc::Slice& slice : slices) {
    std::memcpy(at, slice.begin(), slice.size());
    at += slice.size();
  }
  std::string_view view(copy.get(), size);
  return SharedBytes(std::shared_ptr<const void>(copy, copy.get()), view);
}

}  // namespace sluice::collector
