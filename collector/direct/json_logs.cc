#include "collector/direct/json_logs.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/severity.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::collector {
namespace {

namespace dom = simdjson::dom;

// Attributes of a record, and how deep objects are flattened; what lies deeper is one attribute, as JSON.
constexpr size_t kAttributesMax = 256;
constexpr int kDepthMax = 10;
// A document needs room even if it is short.
constexpr size_t kBatchBytesMin = 1 << 10;
constexpr std::string_view kNoRecords = "there are no records: an object, or an array of objects, is needed";
constexpr double kIntervalSecondsMax = 7 * 24 * 3600;

std::string NumberText(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return std::string(text, end);
}

// As an attribute says it: strings without quotes.
std::string TextOf(dom::element value) {
  switch (value.type()) {
    case dom::element_type::STRING:
      return std::string(std::string_view(value.get_string().value_unsafe()));
    case dom::element_type::DOUBLE:
      return NumberText(value.get_double().value_unsafe());
    default:
      return simdjson::minify(value);
  }
}

// One object of the body.
class Item {
 public:
  Item(dom::object object, DirectRecord* out, JsonFault* fault) : object_(object), out_(out), fault_(fault) {}

  // Each field goes to its own reader, by name, or else to the attributes.
  using Reader = std::function<bool(dom::element)>;
  bool Read(const std::vector<std::pair<std::string_view, Reader>>& readers) {
    for (const dom::key_value_pair& field : object_) {
      const std::string_view key(field.key.data(), field.key.size());
      const auto reader =
          std::find_if(readers.begin(), readers.end(), [key](const auto& entry) { return entry.first == key; });
      const bool good =
          reader != readers.end() ? reader->second(field.value) : Flatten(std::string(key), field.value, 0);
      if (!good) return false;
    }
    return true;
  }

  bool Fail(std::string_view field, std::string error) {
    fault_->field = std::string(field);
    fault_->error = std::move(error);
    return false;
  }

  Reader String(std::string_view field, std::string* out) {
    return [this, field, out](dom::element value) {
      if (value.is_null()) return true;
      simdjson::simdjson_result<std::string_view> text = value.get_string();
      if (text.error() != simdjson::SUCCESS) return Fail(field, StrCat("found ", Found(value), "; a string is needed"));
      *out = std::string(text.value_unsafe());
      return true;
    };
  }

  Reader Time() {
    return [this](dom::element value) {
      uint64_t nanos = 0;
      if (!TimeOf(value, &nanos)) {
        return Fail("time",
                    StrCat("found ", Found(value),
                           "; a time as in RFC 3339, or seconds, milliseconds, microseconds or nanoseconds since "
                           "1970 are needed"));
      }
      if (nanos != 0) out_->record.set_time_unix_nano(nanos);
      return true;
    };
  }

  Reader Severity() {
    return [this](dom::element value) {
      if (value.is_null()) return true;
      if (simdjson::simdjson_result<std::string_view> text = value.get_string(); text.error() == simdjson::SUCCESS) {
        const std::string_view word = text.value_unsafe();
        out_->record.set_severity_text(std::string(word));
        out_->record.set_severity(SeverityFromText(word));
        return true;
      }
      simdjson::simdjson_result<uint64_t> number = value.get_uint64();
      if (number.error() != simdjson::SUCCESS || number.value_unsafe() > uint64_t{v1::Severity_MAX}) {
        return Fail("severity",
                    StrCat("found ", Found(value), "; a name (trace, debug, info, warn, error, fatal) or a ",
                           "number from 0 to ", static_cast<int>(v1::Severity_MAX), " is needed"));
      }
      out_->record.set_severity(static_cast<v1::Severity>(number.value_unsafe()));
      return true;
    };
  }

  bool Flatten(const std::string& name, dom::element value, int depth) {
    if (value.is_null()) return true;
    if (value.is_object() && depth < kDepthMax) {
      for (const dom::key_value_pair& field : dom::object(value.get_object().value_unsafe())) {
        const std::string_view key(field.key.data(), field.key.size());
        if (!Flatten(StrCat(name, ".", key), field.value, depth + 1)) return false;
      }
      return true;
    }
    auto& attributes = *out_->record.mutable_attributes();
    attributes[name] = TextOf(value);
    if (attributes.size() <= kAttributesMax) return true;
    return Fail(name, StrCat("there are more than ", kAttributesMax, " attributes"));
  }

  static std::string Found(dom::element value) {
    const std::string text = simdjson::minify(value);
    return value.is_string() ? text : Quoted(text);
  }

 private:
  static bool TimeOf(dom::element value, uint64_t* nanos) {
    if (value.is_null()) return true;
    if (simdjson::simdjson_result<std::string_view> text = value.get_string(); text.error() == simdjson::SUCCESS) {
      absl::Time time;
      std::string error;
      const std::string_view word = text.value_unsafe();
      if (!absl::ParseTime(absl::RFC3339_full, ToAbsl(word), &time, &error)) return false;
      if (time < absl::UnixEpoch() || time == absl::InfiniteFuture()) return false;
      *nanos = static_cast<uint64_t>(std::max<int64_t>(absl::ToUnixNanos(time), 0));
      return true;
    }
    simdjson::simdjson_result<double> number = value.get_double();
    if (number.error() != simdjson::SUCCESS || !(number.value_unsafe() > 0) || number.value_unsafe() >= 9.2e18)
      return false;
    // By its size: no log is from before April 1970, nor from after 2261.
    uint64_t scale = 1'000'000'000;
    for (double limit = 1e10; scale > 1 && number.value_unsafe() >= limit; limit *= 1000) scale /= 1000;
    if (simdjson::simdjson_result<uint64_t> whole = value.get_uint64(); whole.error() == simdjson::SUCCESS) {
      *nanos = whole.value_unsafe() * scale;
    } else {
      *nanos = static_cast<uint64_t>(number.value_unsafe() * static_cast<double>(scale));
    }
    return *nanos <= uint64_t{INT64_MAX};
  }

  const dom::object object_;
  DirectRecord* const out_;
  JsonFault* const fault_;
};

bool ReadLog(dom::object object, DirectRecord* out, JsonFault* fault) {
  Item item(object, out, fault);
  bool has_message = false;
  const auto message = item.String("message", out->record.mutable_body());
  const bool good = item.Read({{"service", item.String("service", &out->service)},
                               {"environment", item.String("environment", &out->environment)},
                               {"severity", item.Severity()},
                               {"time", item.Time()},
                               {"message", [&](dom::element value) {
                                  has_message = !value.is_null();
                                  return message(value);
                                }}});
  if (good && !has_message) return item.Fail("message", "it is missing: a string is needed");
  return good;
}

// Seconds.
std::optional<double> IntervalOf(dom::element value) {
  double seconds = 0;
  if (simdjson::simdjson_result<std::string_view> text = value.get_string(); text.error() == simdjson::SUCCESS) {
    absl::Duration duration;
    const std::string_view word = text.value_unsafe();
    if (!absl::ParseDuration(std::string(word), &duration)) return std::nullopt;
    seconds = absl::ToDoubleSeconds(duration);
  } else if (value.get_double().get(seconds) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  if (!(seconds > 0) || seconds > kIntervalSecondsMax) return std::nullopt;
  return seconds;
}

bool ReadHeartbeat(dom::object object, DirectRecord* out, JsonFault* fault) {
  Item item(object, out, fault);
  std::optional<double> interval;
  auto& attributes = *out->record.mutable_attributes();
  std::string body = "{";
  const bool good =
      item.Read({{"service", item.String("service", &out->service)},
                 {"environment", item.String("environment", &out->environment)},
                 {"time", item.Time()},
                 {"interval", [&](dom::element value) {
                    interval = IntervalOf(value);
                    return interval.has_value() ||
                           item.Fail("interval",
                                     StrCat("found ", Item::Found(value),
                                            "; seconds (10) or a duration (\"10s\") of at most ", "a week are needed"));
                  }}});
  if (!good) return false;
  if (out->service.empty()) return item.Fail("service", "it is missing: a string is needed");
  if (!interval.has_value()) return item.Fail("interval", "it is missing: seconds, or a duration (\"10s\")");
  for (const dom::key_value_pair& field : object) {
    const std::string_view key(field.key.data(), field.key.size());
    if (key == "time") continue;
    if (body.size() > 1) body += ',';
    AppendJsonString(key, &body);
    body += ':';
    body += key == "interval" ? NumberText(*interval) : std::string(simdjson::minify(field.value));
  }
  body += '}';
  out->record.set_body(std::move(body));
  out->record.set_severity(v1::SEVERITY_INFO);
  attributes["service"] = out->service;
  if (!out->environment.empty()) attributes["environment"] = out->environment;
  attributes["interval"] = NumberText(*interval);
  return true;
}

using ItemReader = bool (*)(dom::object, DirectRecord*, JsonFault*);

class BodyReader {
 public:
  BodyReader(absl::Time now, const DirectOptions& limits, ItemReader read) : limits_(limits), read_(read) {
    now_unix_nano_ = static_cast<uint64_t>(absl::ToUnixNanos(now));
  }

  JsonBody Read(std::string_view text) {
    // simdjson does not say how many bytes it left of a text without anything in it.
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      Fail(std::string(kNoRecords));
      return std::move(body_);
    }
    dom::parser parser;
    const simdjson::padded_string padded(text);
    dom::document_stream documents;
    const simdjson::error_code error = parser.parse_many(padded, std::max(text.size(), kBatchBytesMin)).get(documents);
    if (error != simdjson::SUCCESS) {
      Fail(simdjson::error_message(error));
      return std::move(body_);
    }
    for (auto document : documents) {
      dom::element value;
      if (const simdjson::error_code broken = std::move(document).get(value); broken != simdjson::SUCCESS) {
        Fail(StrCat("malformed JSON: ", std::string(simdjson::error_message(broken))));
      } else {
        Take(value);
      }
      if (body_.fault.has_value()) return std::move(body_);
    }
    if (documents.truncated_bytes() != 0) {
      Fail("malformed JSON: it breaks off");
    } else if (body_.records.empty()) {
      Fail(std::string(kNoRecords));
    }
    return std::move(body_);
  }

 private:
  void Fail(std::string error) {
    body_.fault = JsonFault{.item = body_.records.size(), .field = {}, .error = std::move(error)};
  }

  void Take(dom::element value) {
    if (!value.is_array()) return TakeItem(value);
    for (dom::element item : dom::array(value.get_array().value_unsafe())) {
      TakeItem(item);
      if (body_.fault.has_value()) return;
    }
  }

  void TakeItem(dom::element value) {
    dom::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Fail("it is no JSON object");
    if (body_.records.size() >= limits_.records) {
      Fail(StrCat("there are more than ", limits_.records, " records: send fewer at a time"));
      body_.fault->too_many = true;
      return;
    }
    DirectRecord record;
    record.record.set_time_unix_nano(now_unix_nano_);
    JsonFault fault{.item = body_.records.size(), .field = {}, .error = {}};
    if (!read_(object, &record, &fault)) {
      body_.fault = std::move(fault);
    } else if (const absl::Status status = CheckDirectRecord(record, limits_.record_bytes); !status.ok()) {
      Fail(std::string(MessageOf(status)));
    } else {
      body_.records.push_back(std::move(record));
    }
  }

  const DirectOptions& limits_;
  const ItemReader read_;
  uint64_t now_unix_nano_ = 0;
  JsonBody body_;
};

}  // namespace

JsonBody ReadJsonLogs(std::string_view body, absl::Time now, const DirectOptions& limits) {
  return BodyReader(now, limits, ReadLog).Read(body);
}

JsonBody ReadJsonHeartbeats(std::string_view body, absl::Time now, const DirectOptions& limits) {
  return BodyReader(now, limits, ReadHeartbeat).Read(body);
}

}  // namespace sluice::collector
