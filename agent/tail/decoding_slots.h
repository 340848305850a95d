// Which compressed files may be decoded now.
#pragma once

#include <cstddef>

#include "agent/tail/tailed_file.h"

namespace sluice::agent {

// Decoders take memory: two compressed files are read at a time, the others wait. One thread.
class DecodingSlots {
 public:
  // True if `file` has a slot, or takes one.
  bool Take(TailedFile* file) {
    if (file->archive_active) return true;
    if (taken_ >= kAtOnce) return false;
    file->archive_active = true;
    ++taken_;
    return true;
  }
  // If it has one. Its decoder is freed.
  void GiveBack(TailedFile* file) {
    if (!file->archive_active) return;
    file->archive_active = false;
    --taken_;
    if (file->archive != nullptr) file->archive->Release();
  }

 private:
  static constexpr size_t kAtOnce = 2;
  size_t taken_ = 0;
};

}  // namespace sluice::agent
