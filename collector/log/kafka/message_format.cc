#include "collector/log/kafka/message_format.h"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>

#include "absl/strings/ascii.h"
#include "base/severity.h"
#include "base/strings.h"
#include "base/text.h"
#include "base/wire.h"
#include "collector/log/dead_letter.h"
#include "collector/log/kafka/json_record.h"
#include "collector/log/wire_fields.h"
#include "google/protobuf/util/json_util.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector::kafka {
namespace {

constexpr uint32_t kSeveritiesMax = 24;
constexpr std::string_view kOursHeader = "sluice";
constexpr std::string_view kOffsetHeader = "offset";
// What a record has beside what it shares with others.
constexpr size_t kOwnHeadersMax = 3;
// What a header has in a request beside name and value: their lengths.
constexpr size_t kHeaderLengths = 6;

void Add(rd_kafka_headers_t* headers, std::string_view name, std::string_view value) {
  rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

void AddIfSet(rd_kafka_headers_t* headers, std::string_view name, std::string_view value) {
  if (!value.empty()) Add(headers, name, value);
}

// "INFO", "INFO2" …: what SeverityFromText reads back.
std::string_view SeverityHeader(uint32_t severity) {
  static constexpr std::string_view kNames[kSeveritiesMax + 1] = {
      "",       "TRACE",  "TRACE2", "TRACE3", "TRACE4", "DEBUG",  "DEBUG2", "DEBUG3", "DEBUG4",
      "INFO",   "INFO2",  "INFO3",  "INFO4",  "WARN",   "WARN2",  "WARN3",  "WARN4",  "ERROR",
      "ERROR2", "ERROR3", "ERROR4", "FATAL",  "FATAL2", "FATAL3", "FATAL4"};
  return severity <= kSeveritiesMax ? kNames[severity] : "";
}

char FormatLetter(KafkaValueFormat format) {
  return format == KafkaValueFormat::kProtobuf ? 'p' : format == KafkaValueFormat::kJson ? 'j' : 't';
}

// Sorted by name, so that the same labels are the same text.
std::string LabelsJson(const std::map<std::string_view, std::string_view>& labels) {
  std::string json;
  for (const auto& [name, value] : labels) {
    json.push_back(json.empty() ? '{' : ',');
    AppendJsonString(name, &json);
    json.push_back(':');
    AppendJsonString(value, &json);
  }
  if (!json.empty()) json.push_back('}');
  return json;
}

void AddLabel(std::string_view entry, std::map<std::string_view, std::string_view>* labels) {
  wire::Reader reader(entry);
  wire::Field field;
  std::string_view name;
  std::string_view value;
  while (reader.Next(&field)) {
    if (field.number == 1) name = field.bytes;
    if (field.number == 2) value = field.bytes;
  }
  (*labels)[name] = value;
}

// What kText has to look for.
struct BesideTheLine {
  uint64_t part = 0;
  bool attributes = false;  // it cannot represent them
};
BesideTheLine BesideTheLineOf(std::string_view record) {
  BesideTheLine found;
  wire::Reader reader(record);
  wire::Field field;
  while (reader.Next(&field)) {
    if (field.number == record_fields::kPart) found.part = field.value;
    if (field.number == record_fields::kAttributes) found.attributes = true;
  }
  return found;
}

// The next number of "p229 1700000000000000000 2", where there is one.
bool TakeNumber(std::string_view* rest, uint64_t* value) {
  if (rest->starts_with(' ')) rest->remove_prefix(1);
  const auto [last, error] = std::from_chars(rest->data(), rest->data() + rest->size(), *value);
  if (error != std::errc()) return false;
  rest->remove_prefix(static_cast<size_t>(last - rest->data()));
  return true;
}

// A source stands behind everything else; messages of older collectors have a header for it.
void TakeSource(std::string_view rest, MessageView* view) {
  if (rest.starts_with(' ')) view->source = rest.substr(1);
}

bool ReadOurs(std::string_view text, MessageView* view) {
  if (text.empty()) return false;
  const char letter = absl::ascii_tolower(static_cast<unsigned char>(text.front()));
  view->whole = letter == text.front();
  text.remove_prefix(1);
  uint64_t length = 0;
  if (!TakeNumber(&text, &length)) return false;
  view->end = length;  // added to the offset once both are known
  uint64_t part = 0;
  switch (letter) {
    case 'p':
      view->format = KafkaValueFormat::kProtobuf;
      break;
    case 'j':
      view->format = KafkaValueFormat::kJson;
      break;
    case 't':
      view->format = KafkaValueFormat::kText;
      if (!TakeNumber(&text, &view->time_unix_nano) || !TakeNumber(&text, &part)) return false;
      view->part = static_cast<uint32_t>(part);
      break;
    default:
      return false;
  }
  TakeSource(text, view);
  return true;
}

bool ReadHeader(std::string_view name, std::string_view value, bool* ours, bool* offset, MessageView* view) {
  if (name == "agent") {
    view->agent = value;
  } else if (name == "host") {
    view->host = value;
  } else if (name == "path") {
    view->path = value;
  } else if (name == "source") {
    view->source = value;
  } else if (name == "labels") {
    view->labels = value;
  } else if (name == "severity") {
    view->severity = static_cast<uint32_t>(SeverityFromText(value));
  } else if (name == kOffsetHeader) {
    *offset = TakeNumber(&value, &view->offset);
    return *offset;
  } else if (name == kOursHeader) {
    *ours = ReadOurs(value, view);
    return *ours;
  }
  return true;
}

std::string_view ViewOf(const void* data, size_t size) {
  return std::string_view(static_cast<const char*>(data), data == nullptr ? 0 : size);
}

void AppendRecordField(std::string_view record, std::string* out) {
  char head[20];
  char* end = wire::WriteVarint(head, wire::Tag(batch_fields::kRecords, wire::Type::kBytes));
  end = wire::WriteVarint(end, record.size());
  out->append(head, end);
  out->append(record);
}

// A record that is made of what is known beside the value: of kText, and of foreign messages.
v1::LogRecord RecordOf(const MessageView& message) {
  v1::LogRecord record;
  record.set_time_unix_nano(message.time_unix_nano);
  record.set_severity(static_cast<v1::Severity>(message.severity));
  record.set_offset(message.offset);
  record.set_part(static_cast<v1::LinePart>(message.part));
  if (IsValidUtf8(message.value)) {
    record.set_body(std::string(message.value));
  } else {
    record.set_body(ReplaceInvalidUtf8(message.value));
    record.set_raw_body(std::string(message.value));
  }
  return record;
}

}  // namespace

HeaderWriter::HeaderWriter(const BatchView& batch, Format format, bool whole) : format_(format), whole_(whole) {
  std::string_view host;
  std::map<std::string_view, std::string_view> labels;
  wire::Reader reader(batch.bytes.substr(0, batch.records_begin));
  wire::Field field;
  while (reader.Next(&field)) {
    if (field.number == batch_fields::kHost) host = field.bytes;
    if (field.number == batch_fields::kSource) source_ = field.bytes;
    if (field.number == batch_fields::kLabels) AddLabel(field.bytes, &labels);
  }
  const bool identity = format_.headers == KafkaHeaders::kIdentity;
  // Why a record is a dead letter nothing else of its message says.
  if (!identity || labels.contains(kDeadLetterReason)) labels_ = LabelsJson(labels);
  if (identity) source_ = {};
  const std::pair<std::string_view, std::string_view> all[] = {{"agent", identity ? "" : batch.agent},
                                                               {"host", identity ? "" : host},
                                                               {"path", identity ? "" : batch.path},
                                                               {"labels", labels_}};
  for (const auto& header : all) {
    if (header.second.empty()) continue;
    shared_.push_back(header);
    shared_bytes_ += header.first.size() + header.second.size() + kHeaderLengths;
    shared_shape_ += StrCat(header.first, " ", header.second.size(), " ");
    shared_text_ += StrCat(header.first, " ", header.second.size(), " ", header.second);
  }
  if (source_.empty()) return;
  shared_bytes_ += source_.size() + 1;
  shared_shape_ += StrCat(source_.size());
  shared_text_ += source_;
}

OwnHeaders HeaderWriter::Own(const RecordView& record, uint64_t end) const {
  OwnHeaders own;
  own.offset_size =
      static_cast<size_t>(std::to_chars(own.offset, own.offset + sizeof own.offset, record.offset).ptr - own.offset);
  if (format_.headers == KafkaHeaders::kAll && record.severity <= kSeveritiesMax) own.severity = record.severity;
  char* const limit = own.ours + sizeof own.ours;
  // A capital: a part.
  own.ours[0] = FormatLetter(format_.value);
  if (!whole_) own.ours[0] = absl::ascii_toupper(static_cast<unsigned char>(own.ours[0]));
  char* at = std::to_chars(own.ours + 1, limit, end - record.offset).ptr;
  if (format_.value == KafkaValueFormat::kText) {
    *at++ = ' ';
    at = std::to_chars(at, limit, record.time_unix_nano).ptr;
    *at++ = ' ';
    const BesideTheLine beside = BesideTheLineOf(record.bytes);
    at = std::to_chars(at, limit, beside.part).ptr;
    own.leaves_attributes_out = beside.attributes;
  }
  own.ours_size = static_cast<size_t>(at - own.ours);
  return own;
}

Headers HeaderWriter::Make(const OwnHeaders& own) const {
  // Room for all of them: a list that grows is allocated twice.
  Headers headers(rd_kafka_headers_new(shared_.size() + kOwnHeadersMax));
  for (const auto& [name, value] : shared_) Add(headers.get(), name, value);
  Add(headers.get(), kOffsetHeader, std::string_view(own.offset, own.offset_size));
  AddIfSet(headers.get(), "severity", SeverityHeader(own.severity));
  const std::string_view ours(own.ours, own.ours_size);
  if (source_.empty()) {
    Add(headers.get(), kOursHeader, ours);
  } else {
    Add(headers.get(), kOursHeader, StrCat(ours, " ", source_));
  }
  return headers;
}

HeaderWriter::Places HeaderWriter::PlacesIn(rd_kafka_headers_t* headers, const OwnHeaders& own) const {
  const auto place = [headers](size_t index) {
    const char* name;
    const void* value = nullptr;
    size_t size;
    (void)rd_kafka_header_get_all(headers, index, &name, &value, &size);
    // It is the list's own copy, and the list is ours.
    return static_cast<char*>(const_cast<void*>(value));
  };
  Places places;
  for (size_t i = 0; i < shared_.size(); ++i) places.shared[i] = place(i);
  places.offset = place(shared_.size());
  places.ours = place(shared_.size() + (own.severity == 0 ? 1 : 2));
  places.source = places.ours + own.ours_size + 1;
  return places;
}

void HeaderWriter::FillShared(const Places& places) const {
  for (size_t i = 0; i < shared_.size(); ++i)
    std::memcpy(places.shared[i], shared_[i].second.data(), shared_[i].second.size());
  if (!source_.empty()) std::memcpy(places.source, source_.data(), source_.size());
}

void HeaderWriter::FillOwn(const OwnHeaders& own, const Places& places) {
  std::memcpy(places.offset, own.offset, own.offset_size);
  std::memcpy(places.ours, own.ours, own.ours_size);
}

void AppendValue(const RecordView& record, KafkaValueFormat format, std::string* out) {
  switch (format) {
    case KafkaValueFormat::kProtobuf:
      out->append(record.bytes);
      break;
    case KafkaValueFormat::kJson:
      AppendJsonRecord(record.bytes, out);
      break;
    case KafkaValueFormat::kText:
      out->append(record.raw_body.empty() ? record.body : record.raw_body);
      break;
  }
}

MessageView ReadMessage(const rd_kafka_message_t& message) {
  MessageView view;
  view.key = ViewOf(message.key, message.key_len);
  view.value = ViewOf(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  bool ours = false;
  bool offset = false;
  bool good = rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR;
  const char* name;
  const void* value;
  size_t size;
  for (size_t i = 0; good && rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    good = ReadHeader(name, ViewOf(value, size), &ours, &offset, &view);
  }
  view.ours = good && ours && offset;
  if (view.ours) {
    view.end += view.offset;
    return view;
  }
  MessageView foreign;
  foreign.value = view.value;
  foreign.offset = static_cast<uint64_t>(message.offset);
  foreign.end = foreign.offset + 1;
  rd_kafka_timestamp_type_t type;
  const int64_t time = rd_kafka_message_timestamp(&message, &type);
  if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && time > 0) foreign.time_unix_nano = uint64_t{1'000'000} * time;
  return foreign;
}

bool AppendRecord(const MessageView& message, std::string* out) {
  if (message.ours && message.format == KafkaValueFormat::kProtobuf) {
    AppendRecordField(message.value, out);
    return true;
  }
  v1::LogRecord record;
  if (message.ours && message.format == KafkaValueFormat::kJson) {
    const google::protobuf::StringPiece json(message.value.data(), message.value.size());
    if (!google::protobuf::util::JsonStringToMessage(json, &record).ok()) return false;
  } else {
    record = RecordOf(message);
  }
  AppendRecordField(record.SerializeAsString(), out);
  return true;
}

}  // namespace sluice::collector::kafka
