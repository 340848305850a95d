// Whatever bytes an agent sends: what passes as a message of valid batches is one for protobuf, too.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "collector/ingest/push_message.h"
#include "sluice/v1/ingest_service.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::SharedBytes;
  using sluice::collector::IngestBatch;
  SharedBytes message = SharedBytes::FromString(std::string(reinterpret_cast<const char*>(data), size));
  auto envelope = sluice::collector::ParsePushEnvelope(message.view());
  if (!envelope.ok()) return 0;
  auto batches = sluice::collector::ReadBatches(*envelope, message, "web-1", nullptr);
  if (!batches.ok()) return 0;

  sluice::v1::PushRequest oracle;
  // Hello and status are parsed by protobuf itself.
  if (envelope->hello.has_value() || envelope->status.has_value()) return 0;
  if (!oracle.ParseFromArray(data, static_cast<int>(size))) std::abort();
  if (oracle.batches_size() != static_cast<int>(batches->size())) std::abort();
  if (oracle.sequence() != envelope->sequence) std::abort();
  for (const IngestBatch& batch : *batches) {
    const auto& expected = oracle.batches(static_cast<int>(batch.index));
    uint32_t records = 0;
    for (uint32_t count : batch.by_severity) records += count;
    if (static_cast<int>(records) != expected.records_size()) std::abort();
    if (batch.pending.view.topic != expected.topic()) std::abort();
    if (batch.pending.view.end_offset != expected.end_offset()) std::abort();
  }
  return 0;
}
