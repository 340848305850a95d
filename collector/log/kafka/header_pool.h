// Headers of messages, used again: librdkafka keeps each header of each message as an allocation of its own, and making
// eight of them costs more than all else that is done with a message before it is sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "collector/log/kafka/handles.h"
#include "collector/log/kafka/message_format.h"
#include "collector/log/kafka/outgoing.h"

namespace sluice::collector::kafka {

// What delivered messages leave behind is filled in anew for the next ones that have the same headers with values of
// the same sizes. Not thread-safe.
class HeaderPool {
 public:
  struct Lent;
  struct Shelf {
    std::vector<Lent*> spare;
    size_t lent = 0;
  };
  // Of one message, from Take to GiveBack; the message's opaque.
  struct Lent {
    Outgoing* outgoing = nullptr;
    Headers headers;  // but for the time in which they are a message's
    HeaderWriter::Places places;
    uint64_t shared = 0;  // number of the shared values that are filled in
    Shelf* shelf = nullptr;
  };

  // Take is for messages of `writer` from now on: not owned, used until the next Begin.
  void Begin(const HeaderWriter* writer);
  // The pool's.
  Lent* Take(const OwnHeaders& own);
  // With its headers. Then Begin before the next Take.
  void GiveBack(Lent* lent);

  // So many are kept for later; beyond it all of them are let go.
  static constexpr size_t kSpareMax = 16'000;
  size_t spare() const { return spare_; }

 private:
  // By severity and the sizes of the own headers.
  using Shelves = absl::flat_hash_map<uint32_t, std::unique_ptr<Shelf>>;
  void Clear();

  std::deque<Lent> all_;
  std::vector<Lent*> blank_;  // of these: on no shelf, and no message's
  absl::flat_hash_map<std::string, Shelves> shapes_;
  absl::flat_hash_map<std::string, uint64_t> numbers_;  // of shared values
  uint64_t last_number_ = 0;
  size_t spare_ = 0;

  const HeaderWriter* writer_ = nullptr;
  Shelves* shelves_ = nullptr;
  uint64_t number_ = 0;
};

}  // namespace sluice::collector::kafka
