#include "collector/ingest/welcome.h"

#include <utility>

namespace sluice::collector {

std::deque<v1::PushResponse> MakeWelcomes(std::vector<v1::FileWatermark> files, size_t files_max,
                                          size_t max_message_bytes) {
  std::deque<v1::PushResponse> welcomes(1);
  for (v1::FileWatermark& file : files) {
    if (welcomes.back().welcome().files_size() == static_cast<int>(files_max)) welcomes.emplace_back();
    *welcomes.back().mutable_welcome()->add_files() = std::move(file);
  }
  for (v1::PushResponse& response : welcomes) response.mutable_welcome()->set_max_message_bytes(max_message_bytes);
  welcomes.back().mutable_welcome()->set_complete(true);
  return welcomes;
}

}  // namespace sluice::collector
