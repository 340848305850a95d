// Who is at the other end of a connection, as people write it.
#pragma once

#include <string>
#include <string_view>

namespace sluice::collector {

// gRPC's "ipv4:10.0.0.1:4711" → "10.0.0.1:4711", "ipv6:%5B::1%5D:4711" → "[::1]:4711"; anything else as it is.
std::string PeerAddress(std::string_view grpc_peer);

}  // namespace sluice::collector
