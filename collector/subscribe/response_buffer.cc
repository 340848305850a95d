#include "collector/subscribe/response_buffer.h"

#include <cstring>
#include <vector>

#include "grpcpp/support/slice.h"

namespace sluice::collector {
namespace {

// A response or a piece below it is cheaper to copy than to refer to.
constexpr size_t kReferredBytesMin = 4 << 10;

grpc::Slice ToSlice(const SharedBytes& piece) {
  std::string_view view = piece.view();
  if (view.size() < kReferredBytesMin) return grpc::Slice(view.data(), view.size());
  return grpc::Slice(
      const_cast<char*>(view.data()), view.size(), [](void* owner) { delete static_cast<SharedBytes*>(owner); },
      new SharedBytes(piece));
}

}  // namespace

grpc::ByteBuffer ToByteBuffer(const ResponseBytes& response) {
  if (const size_t size = response.size(); size < kReferredBytesMin) {
    grpc::Slice slice(size);
    auto* at = const_cast<uint8_t*>(slice.begin());
    for (const SharedBytes& piece : response.pieces) {
      std::memcpy(at, piece.view().data(), piece.size());
      at += piece.size();
    }
    return grpc::ByteBuffer(&slice, 1);
  }
  std::vector<grpc::Slice> slices;
  slices.reserve(response.pieces.size());
  for (const SharedBytes& piece : response.pieces) slices.push_back(ToSlice(piece));
  return grpc::ByteBuffer(slices.data(), slices.size());
}

}  // namespace sluice::collector
