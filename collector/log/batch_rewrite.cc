#include "collector/log/batch_rewrite.h"

#include <algorithm>

#include "base/wire.h"
#include "collector/log/wire_fields.h"

namespace sluice::collector {
namespace {

using wire::Tag;
using wire::Type;

// Room for a tag and a length.
constexpr size_t kFieldHeadBytes = 15;

void AppendBytesField(uint32_t number, std::string_view bytes, std::string* out) {
  char head[kFieldHeadBytes];
  char* end = wire::WriteVarint(head, Tag(number, Type::kBytes));
  end = wire::WriteVarint(end, bytes.size());
  out->append(head, end);
  out->append(bytes);
}

void AppendLabel(std::string_view name, std::string_view value, std::string* out) {
  std::string entry;
  AppendBytesField(map_fields::kKey, name, &entry);
  AppendBytesField(map_fields::kValue, value, &entry);
  AppendBytesField(batch_fields::kLabels, entry, out);
}

}  // namespace

std::string RewriteBatch(const BatchView& batch, const BatchRewrite& rewrite) {
  const std::string_view records = batch.bytes.substr(batch.records_begin);
  std::string out;
  out.reserve(batch.records_begin + rewrite.topic.size() + 128 +
              (rewrite.records == nullptr ? records.size() : rewrite.records->bytes));
  const std::string_view shared = batch.bytes.substr(0, batch.records_begin);
  wire::Reader reader(shared);
  wire::Field field;
  for (size_t begin = 0; reader.Next(&field); begin = reader.position()) {
    if (field.number == batch_fields::kTopic && !rewrite.topic.empty()) {
      AppendBytesField(batch_fields::kTopic, rewrite.topic, &out);
    } else if (field.number == batch_fields::kSummary && rewrite.records != nullptr) {
      AppendSummary(*rewrite.records, &out);
    } else {
      out.append(shared.substr(begin, reader.position() - begin));
    }
  }
  // Of two entries with one key the last one counts.
  for (const auto& [name, value] : rewrite.add_labels) AppendLabel(name, value, &out);
  if (rewrite.records == nullptr) return out.append(records);
  for (std::string_view run : rewrite.records->runs) out.append(run);
  return out;
}

}  // namespace sluice::collector
