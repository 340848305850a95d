#include "collector/route/shared_fields.h"

#include "base/wire.h"
#include "collector/log/wire_fields.h"

namespace sluice::collector {
namespace {

std::pair<std::string_view, std::string_view> ReadLabel(std::string_view entry) {
  std::pair<std::string_view, std::string_view> label;
  wire::Reader reader(entry);
  for (wire::Field field; reader.Next(&field);) {
    if (field.number == map_fields::kKey) label.first = field.bytes;
    if (field.number == map_fields::kValue) label.second = field.bytes;
  }
  return label;
}

}  // namespace

SharedFields SharedFields::Of(const BatchView& batch) {
  SharedFields shared{.topic = batch.topic, .agent = batch.agent, .path = batch.path, .source = {}, .labels = {}};
  wire::Reader reader(batch.bytes.substr(0, batch.records_begin));
  for (wire::Field field; reader.Next(&field);) {
    if (field.number == batch_fields::kSource) shared.source = field.bytes;
    if (field.number == batch_fields::kLabels) shared.labels.push_back(ReadLabel(field.bytes));
  }
  return shared;
}

std::optional<std::string_view> SharedFields::Label(std::string_view name) const {
  std::optional<std::string_view> value;
  // Of two entries with one key the last one counts.
  for (const auto& [key, text] : labels) {
    if (key == name) value = text;
  }
  return value;
}

}  // namespace sluice::collector
