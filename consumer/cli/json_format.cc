#include <map>

#include "absl/strings/escaping.h"
#include "base/severity.h"
#include "base/strings.h"
#include "consumer/cli/json_text.h"
#include "consumer/cli/record_format.h"

namespace sluice::cli {
namespace {

void AppendMap(const client::StringMapView& map, std::string* out) {
  *out += '{';
  // By key: sorted, and each once.
  std::map<std::string_view, std::string_view> entries;
  for (const client::StringMapView::Entry& entry : map) entries[entry.key] = entry.value;
  for (bool first = true; const auto& [key, value] : entries) {
    if (!first) *out += ',';
    first = false;
    AppendJsonString(key, out);
    *out += ':';
    AppendJsonString(value, out);
  }
  *out += '}';
}

std::string_view PartName(v1::LinePart part) {
  switch (part) {
    case v1::LINE_PART_FIRST:
      return "first";
    case v1::LINE_PART_MIDDLE:
      return "middle";
    case v1::LINE_PART_LAST:
      return "last";
    case v1::LINE_PART_UNTERMINATED:
      return "unterminated";
    case v1::LINE_PART_LAST_UNTERMINATED:
      return "last_unterminated";
    default:
      return "unknown";
  }
}

class JsonFormat final : public RecordFormat {
 public:
  void BeginBatch(const client::Batch& batch) override {
    before_.assign(R"(,"topic":)");
    AppendJsonString(batch.topic(), &before_);
    before_ += R"(,"severity":)";
    after_.assign(R"(,"agent":)");
    AppendJsonString(batch.agent(), &after_);
    after_ += R"(,"host":)";
    AppendJsonString(batch.host(), &after_);
    after_ += R"(,"path":)";
    AppendJsonString(batch.path(), &after_);
    after_ += R"(,"source":)";
    AppendJsonString(batch.source(), &after_);
    after_ += R"(,"labels":)";
    AppendMap(batch.labels(), &after_);
    after_ += R"(,"offset":)";
  }

  void Append(const client::RecordView& record, std::string* out) override {
    *out += R"({"time":)";
    time_.Append(record.time_unix_nano(), out);
    *out += before_;
    if (record.severity() == v1::SEVERITY_UNSPECIFIED) {
      *out += "null";
    } else {
      AppendJsonString(SeverityName(record.severity()), out);
    }
    StrAppend(out, R"(,"severity_number":)", static_cast<int>(record.severity()), R"(,"severity_text":)");
    AppendJsonString(record.severity_text(), out);
    *out += R"(,"body":)";
    AppendJsonString(record.body(), out);
    *out += R"(,"attributes":)";
    AppendMap(record.attributes(), out);
    *out += after_;
    StrAppend(out, record.offset());
    if (record.part() != v1::LINE_PART_UNSPECIFIED) StrAppend(out, R"(,"part":")", PartName(record.part()), "\"");
    if (!record.raw_body().empty()) {
      StrAppend(out, R"(,"raw_body":")", absl::Base64Escape(ToAbsl(record.raw_body())), "\"");
    }
    *out += "}\n";
  }

 private:
  JsonTime time_;
  // What the batch's records share, between the time and the severity, and behind the attributes.
  std::string before_;
  std::string after_;
};

}  // namespace

std::unique_ptr<RecordFormat> NewJsonFormat() { return std::make_unique<JsonFormat>(); }

}  // namespace sluice::cli
