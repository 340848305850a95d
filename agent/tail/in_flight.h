// What was sent and is not yet acknowledged.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "agent/tail/tailed_file.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::agent {

// One batch of a message.
struct SentBatch {
  TailedFile* file = nullptr;
  uint32_t incarnation = 0;  // of the file when it was read
  Mark end;
  uint32_t records = 0;
};

// The messages of the present connection, oldest first. Counts each file's batches_in_flight. One thread.
class InFlight {
 public:
  void Add(uint64_t sequence, uint64_t bytes, std::vector<SentBatch> batches);

  // Takes out what `ack` covers. `visit` is called for each batch in order, with its rejection or null.
  void Acknowledge(const v1::Ack& ack, const std::function<void(const SentBatch&, const v1::Rejection*)>& visit);
  // Takes out everything: the connection is gone.
  void Clear();

  uint64_t bytes() const { return bytes_; }
  size_t messages() const { return messages_.size(); }

 private:
  struct Message {
    uint64_t sequence;
    uint64_t bytes;
    std::vector<SentBatch> batches;
  };
  std::deque<Message> messages_;
  uint64_t bytes_ = 0;
};

}  // namespace sluice::agent
