// A JSON object, written field by field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "consumer/cli/json_text.h"
#include "google/protobuf/timestamp.pb.h"

namespace sluice::cli {

// Not thread-safe.
class JsonObject {
 public:
  JsonObject& Text(std::string_view name, std::string_view value) {
    AppendJsonString(value, Name(name));
    return *this;
  }
  JsonObject& Number(std::string_view name, uint64_t value) {
    StrAppend(Name(name), value);
    return *this;
  }
  // With three digits behind the point at most.
  JsonObject& Real(std::string_view name, double value) {
    std::string text = absl::StrFormat("%.3f", value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    *Name(name) += text;
    return *this;
  }
  JsonObject& Bool(std::string_view name, bool value) {
    *Name(name) += value ? "true" : "false";
    return *this;
  }
  // As in RFC 3339; null if it is not known.
  JsonObject& Time(std::string_view name, bool known, const google::protobuf::Timestamp& value) {
    std::string* out = Name(name);
    if (known && value.seconds() >= 0) {
      JsonTime().Append(static_cast<uint64_t>(value.seconds()) * 1'000'000'000 + value.nanos(), out);
    } else {
      *out += "null";
    }
    return *this;
  }
  JsonObject& Object(std::string_view name, const JsonObject& value) { return Raw(name, value.Close()); }
  // `value` is JSON already.
  JsonObject& Raw(std::string_view name, std::string_view value) {
    *Name(name) += value;
    return *this;
  }
  std::string Close() const { return text_ + "}"; }

 private:
  std::string* Name(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    AppendJsonString(name, &text_);
    text_ += ':';
    return &text_;
  }
  std::string text_ = "{";
};

}  // namespace sluice::cli
