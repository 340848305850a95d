#include "agent/tail/in_flight.h"

#include <utility>
#include <vector>

namespace sluice::agent {
namespace {

const v1::Rejection* FindRejection(const v1::Ack& ack, uint64_t sequence, size_t batch) {
  for (const v1::Rejection& rejection : ack.rejections()) {
    if (rejection.sequence() == sequence && rejection.batch() == batch) return &rejection;
  }
  return nullptr;
}

}  // namespace

void InFlight::Add(uint64_t sequence, uint64_t bytes, std::vector<SentBatch> batches) {
  for (const SentBatch& batch : batches) ++batch.file->batches_in_flight;
  bytes_ += bytes;
  messages_.push_back({sequence, bytes, std::move(batches)});
}

void InFlight::Acknowledge(const v1::Ack& ack,
                           const std::function<void(const SentBatch&, const v1::Rejection*)>& visit) {
  while (!messages_.empty() && messages_.front().sequence <= ack.sequence()) {
    Message message = std::move(messages_.front());
    messages_.pop_front();
    bytes_ -= message.bytes;
    for (size_t i = 0; i < message.batches.size(); ++i) {
      --message.batches[i].file->batches_in_flight;
      visit(message.batches[i], FindRejection(ack, message.sequence, i));
    }
  }
}

void InFlight::Clear() {
  for (const Message& message : messages_) {
    for (const SentBatch& batch : message.batches) batch.file->batches_in_flight = 0;
  }
  messages_.clear();
  bytes_ = 0;
}

}  // namespace sluice::agent
