#include "consumer/monitor/heartbeat/heartbeat_record.h"

#include <algorithm>

#include "simdjson.h"

namespace sluice::monitor {
namespace {

constexpr double kIntervalSecondsMin = 0.1;
constexpr double kIntervalSecondsMax = 7 * 86'400;
constexpr size_t kBodyBytesMax = 64 << 10;

// False if the value is there and is no name.
bool ReadName(const simdjson::dom::object& object, const char* key, std::string* name) {
  simdjson::dom::element value;
  if (object[key].get(value) != simdjson::SUCCESS || value.is_null()) return true;
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS || text.size() > Heartbeat::kNameBytesMax) return false;
  *name = text;
  return true;
}

}  // namespace

std::optional<Heartbeat> ReadHeartbeat(const client::RecordView& record) {
  if (record.body().size() > kBodyBytesMax) return std::nullopt;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  const simdjson::padded_string body(record.body());
  if (parser.parse(body).get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
  Heartbeat beat;
  if (!ReadName(object, "service", &beat.service) || beat.service.empty() ||
      !ReadName(object, "environment", &beat.environment) || !ReadName(object, "instance", &beat.instance)) {
    return std::nullopt;
  }
  for (const char* const name : {"interval", "interval_seconds"}) {
    double seconds;
    if (object[name].get_double().get(seconds) != simdjson::SUCCESS) continue;
    if (!(seconds > 0)) return std::nullopt;
    beat.interval = absl::Seconds(std::clamp(seconds, kIntervalSecondsMin, kIntervalSecondsMax));
  }
  if (object["retired"].get_bool().get(beat.retired) != simdjson::SUCCESS) beat.retired = false;
  return beat;
}

}  // namespace sluice::monitor
