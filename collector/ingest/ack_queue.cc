#include "collector/ingest/ack_queue.h"

#include <utility>

namespace sluice::collector {

void AckQueue::Add(uint64_t sequence) {
  if (pending_.empty()) first_pending_ = sequence;
  pending_.emplace_back();
}

void AckQueue::Complete(uint64_t sequence, std::vector<v1::Rejection> rejections) {
  Message& message = pending_[sequence - first_pending_];
  message.done = true;
  message.rejections = std::move(rejections);
  while (!pending_.empty() && pending_.front().done) {
    for (v1::Rejection& rejection : pending_.front().rejections) *unsent_.add_rejections() = std::move(rejection);
    pending_.pop_front();
    acked_ = first_pending_++;
  }
}

v1::Ack AckQueue::Take() {
  unsent_.set_sequence(acked_);
  sent_ = acked_;
  return std::exchange(unsent_, v1::Ack());
}

}  // namespace sluice::collector
