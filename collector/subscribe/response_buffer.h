// A response in pieces as gRPC sends it.
#pragma once

#include "collector/subscribe/response_bytes.h"
#include "grpcpp/support/byte_buffer.h"

namespace sluice::collector {

// Large pieces are referred to for as long as gRPC needs them; a small response is copied into one slice.
grpc::ByteBuffer ToByteBuffer(const ResponseBytes& response);

}  // namespace sluice::collector
