// What the tailer knows of the collector: a narrow place where messages go out and answers come in.
#pragma once

#include <cstdint>
#include <vector>

#include "base/shared_bytes.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::agent {

// What happened on the connection, in order.
struct LinkEvent {
  enum class Kind {
    kConnected,     // the handshake is done: `watermarks` is all that the collector holds of this agent's files
    kAcked,         // `ack`
    kDisconnected,  // nothing that was sent and not acknowledged may be counted on
  };
  Kind kind = Kind::kConnected;
  std::vector<v1::FileWatermark> watermarks;
  v1::Ack ack;
};

// Used by one thread, the tailer's.
class CollectorLink {
 public:
  virtual ~CollectorLink() = default;
  // Appends what happened since the last call; whoever implements it wakes the tailer when there is something, also
  // when Writable turns true.
  virtual void Take(std::vector<LinkEvent>* events) = 0;
  // True if a message would go out now. At most a message or two wait behind it.
  virtual bool Writable() const = 0;
  // Sends a PushRequest without its sequence; only if Writable(). Its sequence: 1, 2, 3, … on each connection. If the
  // connection has gone meanwhile, the message is dropped, no ack that is still to be taken covers its number, and a
  // kDisconnected follows.
  virtual uint64_t Send(SharedBytes message) = 0;
  // Sends the status when it can; a newer one replaces one that waits.
  virtual void SendStatus(const v1::AgentStatus& status) = 0;
};

}  // namespace sluice::agent
