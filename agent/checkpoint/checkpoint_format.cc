#include "agent/checkpoint/checkpoint_format.h"

#include <cstdint>
#include <cstring>
#include <string>

#include "base/hash.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

constexpr std::string_view kMagic = "SLUICECP";
constexpr uint32_t kVersion = 1;

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t payload_bytes;
  uint64_t payload_xxh3;
};
static_assert(sizeof(Header) == 24, "no padding: it is written as it is, little-endian");

}  // namespace

std::string EncodeCheckpoint(const v1::AgentCheckpoint& checkpoint) {
  std::string payload = checkpoint.SerializeAsString();
  Header header;
  std::memcpy(header.magic, kMagic.data(), sizeof header.magic);
  header.version = kVersion;
  header.payload_bytes = static_cast<uint32_t>(payload.size());
  header.payload_xxh3 = Xxh3(payload);
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes += payload;
  return bytes;
}

absl::StatusOr<v1::AgentCheckpoint> DecodeCheckpoint(std::string_view bytes) {
  Header header;
  if (bytes.size() < sizeof header) {
    return DataLoss("truncated: ", bytes.size(), " bytes; the header alone has ", sizeof header);
  }
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::string_view(header.magic, sizeof header.magic) != kMagic) return DataLoss("not a checkpoint: no SLUICECP");
  if (header.version != kVersion) {
    return FailedPrecondition("written by a newer agent: format version ", header.version,
                              "; this agent reads version ", kVersion);
  }
  std::string_view payload = bytes.substr(sizeof header);
  if (payload.size() < header.payload_bytes) {
    return DataLoss("truncated: ", payload.size(), " bytes of content; the header says ", header.payload_bytes);
  }
  payload = payload.substr(0, header.payload_bytes);
  if (Xxh3(payload) != header.payload_xxh3) return DataLoss("damaged: its checksum is wrong");
  v1::AgentCheckpoint checkpoint;
  if (!checkpoint.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return DataLoss("damaged: its checksum is right, its content is no AgentCheckpoint");
  }
  return checkpoint;
}

}  // namespace sluice::agent
