#include "collector/subscribe/response_bytes.h"

#include <string>
#include <utility>

#include "base/wire.h"

namespace sluice::collector {
namespace {

size_t SizeOf(const std::vector<SharedBytes>& pieces) {
  size_t size = 0;
  for (const SharedBytes& piece : pieces) size += piece.size();
  return size;
}

}  // namespace

size_t ResponseBytes::size() const { return SizeOf(pieces); }

ResponseBytes BatchResponse(std::vector<SharedBytes> batch, std::string_view cursor) {
  char head[20];
  char* end = wire::WriteVarint(head, wire::Tag(v1::SubscribeResponse::kBatchFieldNumber, wire::Type::kBytes));
  end = wire::WriteVarint(end, SizeOf(batch));

  std::string tail(20 + cursor.size(), '\0');
  char* tail_end =
      wire::WriteVarint(tail.data(), wire::Tag(v1::SubscribeResponse::kCursorFieldNumber, wire::Type::kBytes));
  tail_end = wire::WriteBytes(tail_end, cursor);
  tail.resize(tail_end - tail.data());

  ResponseBytes response;
  response.pieces.reserve(batch.size() + 2);
  response.pieces.push_back(SharedBytes::FromString(std::string(head, end - head)));
  for (SharedBytes& piece : batch) response.pieces.push_back(std::move(piece));
  response.pieces.push_back(SharedBytes::FromString(std::move(tail)));
  return response;
}

ResponseBytes WholeResponse(const v1::SubscribeResponse& response) {
  return {{SharedBytes::FromString(response.SerializeAsString())}};
}

}  // namespace sluice::collector
