#include "collector/log/kafka/json_record.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "base/strings.h"
#include "base/wire.h"
#include "collector/log/wire_fields.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector::kafka {
namespace {

// What has to be escaped: quotes, backslashes, control characters.
constexpr bool NeedsEscape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\' || c == 0x7f; }

void AppendEscaped(unsigned char c, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out->append("\\\"");
      break;
    case '\\':
      out->append("\\\\");
      break;
    case '\n':
      out->append("\\n");
      break;
    case '\r':
      out->append("\\r");
      break;
    case '\t':
      out->append("\\t");
      break;
    default:
      out->append("\\u00");
      out->push_back(kHex[c >> 4]);
      out->push_back(kHex[c & 15]);
  }
}

// Names a field of the object, with the comma that it needs.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string* out) : out_(out) { out_->push_back('{'); }
  std::string* Name(std::string_view name) {
    if (!first_) out_->push_back(',');
    first_ = false;
    AppendJsonString(name, out_);
    out_->push_back(':');
    return out_;
  }
  void Close() { out_->push_back('}'); }

 private:
  std::string* const out_;
  bool first_ = true;
};

void AppendAttribute(std::string_view entry, ObjectWriter* attributes) {
  wire::Reader reader(entry);
  wire::Field field;
  std::string_view key;
  std::string_view value;
  while (reader.Next(&field)) {
    if (field.number == 1) key = field.bytes;
    if (field.number == 2) value = field.bytes;
  }
  AppendJsonString(value, attributes->Name(key));
}

void AppendAttributes(std::string_view record, std::string* out) {
  ObjectWriter attributes(out);
  wire::Reader reader(record);
  wire::Field field;
  while (reader.Next(&field)) {
    if (field.number == record_fields::kAttributes) AppendAttribute(field.bytes, &attributes);
  }
  attributes.Close();
}

template <typename Name>
void AppendEnum(const Name& name, uint64_t value, std::string* out) {
  if (name.empty()) {
    StrAppend(out, value);
  } else {
    AppendJsonString(name, out);
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!NeedsEscape(c)) continue;
    out->append(text, begin, i - begin);
    AppendEscaped(c, out);
    begin = i + 1;
  }
  out->append(text, begin);
  out->push_back('"');
}

void AppendJsonRecord(std::string_view record, std::string* out) {
  ObjectWriter object(out);
  wire::Reader reader(record);
  wire::Field field;
  bool attributes = false;
  while (reader.Next(&field)) {
    switch (field.number) {
      case record_fields::kTime:
        StrAppend(object.Name("timeUnixNano"), "\"", field.value, "\"");
        break;
      case record_fields::kSeverity:
        AppendEnum(v1::Severity_Name(static_cast<int>(field.value)), field.value, object.Name("severity"));
        break;
      case record_fields::kSeverityText:
        AppendJsonString(field.bytes, object.Name("severityText"));
        break;
      case record_fields::kBody:
        AppendJsonString(field.bytes, object.Name("body"));
        break;
      case record_fields::kAttributes:
        if (!attributes) AppendAttributes(record, object.Name("attributes"));
        attributes = true;
        break;
      case record_fields::kOffset:
        StrAppend(object.Name("offset"), "\"", field.value, "\"");
        break;
      case record_fields::kRawBody:
        StrAppend(object.Name("rawBody"), "\"", absl::Base64Escape(ToAbsl(field.bytes)), "\"");
        break;
      case record_fields::kPart:
        AppendEnum(v1::LinePart_Name(static_cast<int>(field.value)), field.value, object.Name("part"));
        break;
      default:
        break;
    }
  }
  object.Close();
}

}  // namespace sluice::collector::kafka
