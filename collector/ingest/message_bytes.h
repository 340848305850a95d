// A gRPC message as bytes that the log and the subscribers can share.
#pragma once

#include "base/shared_bytes.h"
#include "grpcpp/support/byte_buffer.h"

namespace sluice::collector {

// The bytes of `message` in one piece. A large message that gRPC holds in one slice is kept where it is; any other is
// copied once, into memory of just its size: a slice may be a small part of a large block, which would stay in memory
// for as long as the message does.
SharedBytes TakeBytes(const grpc::ByteBuffer& message);

}  // namespace sluice::collector
