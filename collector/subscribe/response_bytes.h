// SubscribeResponses as they go over the wire, around batches that stay where they are.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/shared_bytes.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::collector {

// A serialised SubscribeResponse in pieces.
struct ResponseBytes {
  std::vector<SharedBytes> pieces;
  size_t size() const;
};

// `batch`: a serialised LogBatch in pieces.
ResponseBytes BatchResponse(std::vector<SharedBytes> batch, std::string_view cursor);
ResponseBytes WholeResponse(const v1::SubscribeResponse& response);

}  // namespace sluice::collector
