// Any bytes are a checkpoint or a clear error.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/checkpoint/checkpoint_format.h"
#include "base/hash.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  absl::StatusOr<sluice::v1::AgentCheckpoint> read = sluice::agent::DecodeCheckpoint(bytes);
  if (!read.ok() && read.status().message().empty()) return 1;
  // Behind a right checksum, too: what the fuzzer finds as the content.
  sluice::v1::AgentCheckpoint content;
  if (!content.ParseFromArray(data, static_cast<int>(size))) return 0;
  absl::StatusOr<sluice::v1::AgentCheckpoint> again =
      sluice::agent::DecodeCheckpoint(sluice::agent::EncodeCheckpoint(content));
  return again.ok() && again->files_size() == content.files_size() ? 0 : 1;
}
