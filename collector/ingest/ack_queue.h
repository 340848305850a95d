// The messages of a stream that await their ack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "sluice/v1/ingest_service.pb.h"

namespace sluice::collector {

// Turns completed messages into cumulative acks, in order: one ack stands for all that was completed since the last.
// Not thread-safe.
class AckQueue {
 public:
  // The next message of the stream is under way; `sequence` is one more than the one before.
  void Add(uint64_t sequence);
  // What became of it. Messages may complete in any order.
  void Complete(uint64_t sequence, std::vector<v1::Rejection> rejections);

  // There is something to acknowledge.
  bool ready() const { return acked_ > sent_; }
  // The newest ack, with the rejections of all messages that it covers. Only if ready.
  v1::Ack Take();

  // Messages under way.
  size_t pending() const { return pending_.size(); }
  // Rejections that wait for Take: who lets them grow has to stop reading.
  size_t unsent_rejections() const { return unsent_.rejections_size(); }

 private:
  struct Message {
    bool done = false;
    std::vector<v1::Rejection> rejections;
  };
  std::deque<Message> pending_;
  uint64_t first_pending_ = 1;  // sequence of pending_[0]
  uint64_t acked_ = 0;
  uint64_t sent_ = 0;
  v1::Ack unsent_;
};

}  // namespace sluice::collector
