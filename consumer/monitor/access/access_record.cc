#include "consumer/monitor/access/access_record.h"

#include <simdjson.h>

#include <cstring>
#include <utility>

#include "base/access_line.h"
#include "consumer/monitor/access/field_names.h"

namespace sluice::monitor {
namespace {

// What a line of the combined format says behind the browser's name.
constexpr int kExtraWordsMax = 16;

std::string_view WithoutQuotes(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

// "rt=0.031", and a number that stands alone as the last word.
void TakeExtra(std::string_view rest, const LatencyField& latency, AccessHit* hit) {
  std::string_view last;
  for (int i = 0; i < kExtraWordsMax; ++i) {
    const std::string_view word = NextAccessWord(&rest);
    if (word.data() == rest.data() && word.empty()) break;
    if (word.empty()) continue;
    last = word;
    const size_t equals = word.find_first_of("=:");
    if (equals == word.npos || equals == 0) continue;
    const FieldMeaning meaning = MeaningOf(word.substr(0, equals), latency);
    if (meaning.field == AccessField::kLatency) TakeField(meaning, WithoutQuotes(word.substr(equals + 1)), hit);
  }
  if (hit->latency_seconds < 0 && latency.name.empty() && !last.empty()) {
    hit->latency_seconds = ParseLatency(last, latency.unit, LatencyUnit::kMicros);
  }
}

// A part of a long line of which another one has the beginning.
bool Continues(v1::LinePart part) {
  return part == v1::LINE_PART_MIDDLE || part == v1::LINE_PART_LAST || part == v1::LINE_PART_LAST_UNTERMINATED;
}

bool IsBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

}  // namespace

// JSON is read in a copy, since the reader looks a few bytes ahead.
class AccessReader::Json {
 public:
  bool Read(std::string_view line, const LatencyField& latency, AccessHit* hit) {
    const size_t room = line.size() + simdjson::SIMDJSON_PADDING;
    if (buffer_.size() < room) buffer_.resize(2 * room);
    std::memcpy(buffer_.data(), line.data(), line.size());
    simdjson::ondemand::document document;
    if (parser_.iterate(buffer_.data(), line.size(), buffer_.size()).get(document) != simdjson::SUCCESS) return false;
    simdjson::ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return false;
    return ReadObject(object, latency, /*depth=*/0, hit) && (hit->status != 0 || !hit->target.empty());
  }

 private:
  bool ReadObject(simdjson::ondemand::object object, const LatencyField& latency, int depth, AccessHit* hit) {
    for (auto member : object) {
      std::string_view name;
      simdjson::ondemand::value value;
      if (member.unescaped_key().get(name) != simdjson::SUCCESS) return false;
      const FieldMeaning meaning = MeaningOf(name, latency);
      if (member.value().get(value) != simdjson::SUCCESS) return false;
      if (!ReadValue(value, meaning, latency, depth, hit)) return false;
    }
    return true;
  }

  bool ReadValue(simdjson::ondemand::value value, const FieldMeaning& meaning, const LatencyField& latency, int depth,
                 AccessHit* hit) {
    simdjson::ondemand::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == simdjson::ondemand::json_type::object) {
      // Caddy: {"request":{"method":…,"uri":…},"status":…}
      simdjson::ondemand::object nested;
      if (depth > 0) return true;
      return value.get_object().get(nested) == simdjson::SUCCESS && ReadObject(nested, latency, depth + 1, hit);
    }
    if (meaning.field == AccessField::kOther) return true;
    std::string_view text;
    if (type == simdjson::ondemand::json_type::string) {
      if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    } else if (type == simdjson::ondemand::json_type::number) {
      text = value.raw_json_token();
      while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    } else {
      return true;
    }
    TakeField(meaning, text, hit);
    return true;
  }

  simdjson::ondemand::parser parser_;
  std::string buffer_;
};

AccessReader::AccessReader(LatencyField latency) : latency_(std::move(latency)), json_(std::make_unique<Json>()) {}
AccessReader::~AccessReader() = default;

AccessResult AccessReader::Read(const client::RecordView& record, AccessHit* hit) {
  *hit = AccessHit();
  if (Continues(record.part())) return AccessResult::kIgnored;
  std::string_view line = record.body();
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with('{')) {
    if (json_->Read(line, latency_, hit)) return AccessResult::kHit;
    *hit = AccessHit();
  } else if (ReadLine(line, hit)) {
    return AccessResult::kHit;
  }
  if (IsBlank(line) || line.starts_with('#')) return AccessResult::kIgnored;
  return ReadAttributes(record, hit) ? AccessResult::kHit : AccessResult::kMalformed;
}

bool AccessReader::ReadLine(std::string_view line, AccessHit* hit) const {
  AccessSides sides;
  if (!SplitAtAccessTime(line, AccessTimeSize, &sides)) return false;
  const std::string_view text = NextAccessWord(&sides.behind);
  const std::string_view status = NextAccessWord(&sides.behind);
  TakeField({AccessField::kStatus}, status, hit);
  // A server that could not read the request writes what it got, or "-"; a line without a status was cut off.
  if (hit->status == 0 && status != "-") return false;
  hit->client = SplitAccessClient(sides.before).remote_addr;
  TakeField({AccessField::kRequest}, text, hit);
  TakeField({AccessField::kBytes}, NextAccessWord(&sides.behind), hit);
  if (sides.behind.empty()) return true;
  if (sides.behind.starts_with(" \"")) {  // the combined format
    NextAccessWord(&sides.behind);
    NextAccessWord(&sides.behind);
  }
  if (!sides.behind.empty()) TakeExtra(sides.behind, latency_, hit);
  return true;
}

bool AccessReader::ReadAttributes(const client::RecordView& record, AccessHit* hit) const {
  for (const client::StringMapView::Entry& entry : record.attributes()) {
    const FieldMeaning meaning = MeaningOf(entry.key, latency_);
    if (meaning.field != AccessField::kOther) TakeField(meaning, entry.value, hit);
  }
  return hit->status != 0;
}

}  // namespace sluice::monitor
