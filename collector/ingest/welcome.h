// The collector's answer to a hello.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "sluice/v1/ingest_service.pb.h"

namespace sluice::collector {

// All `files` in messages of `files_max` at most; the last one, and only that one, is `complete`. At least one.
std::deque<v1::PushResponse> MakeWelcomes(std::vector<v1::FileWatermark> files, size_t files_max,
                                          size_t max_message_bytes);

}  // namespace sluice::collector
