#include "agent/tail/sent_before.h"

#include "agent/tail/file_memory.h"

namespace sluice::agent {

void SentBefore::Add(const TailedFile& file) {
  if (file.batched.offset <= file.acked.offset) return;
  entries_.push_back({&file, file.incarnation, file.identity, file.batched});
}

const v1::FileIdentity* SentBefore::Find(const TailedFile& file, uint32_t incarnation) const {
  for (const Entry& entry : entries_) {
    if (entry.file == &file && entry.incarnation == incarnation) return &entry.identity;
  }
  return nullptr;
}

// A copy may have been emptied in its turn.
const Mark* SentBefore::EndOf(const v1::FileIdentity& identity) const {
  const Mark* last = nullptr;
  for (const Entry& entry : entries_) {
    const bool is_further = last == nullptr || entry.end.offset > last->offset;
    if (is_further && SameIdentity(entry.identity, identity)) last = &entry.end;
  }
  return last;
}

void SentBefore::Forget(const v1::FileIdentity& identity, uint64_t offset) {
  std::erase_if(entries_, [&](const Entry& entry) {
    return entry.end.offset <= offset && SameIdentity(entry.identity, identity);
  });
}

}  // namespace sluice::agent
