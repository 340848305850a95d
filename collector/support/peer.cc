#include "collector/support/peer.h"

#include <utility>

namespace sluice::collector {

std::string PeerAddress(std::string_view grpc_peer) {
  for (std::string_view prefix : {"ipv4:", "ipv6:"}) {
    if (!grpc_peer.starts_with(prefix)) continue;
    std::string address(grpc_peer.substr(prefix.size()));
    for (const auto& [escaped, character] : {std::pair("%5B", "["), std::pair("%5D", "]"), std::pair("%25", "%")}) {
      if (size_t at = address.find(escaped); at != std::string::npos) address.replace(at, 3, character);
    }
    return address;
  }
  return std::string(grpc_peer);
}

}  // namespace sluice::collector
