#include "agent/parse/syslog.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "agent/parse/civil.h"
#include "agent/parse/plain.h"
#include "agent/parse/prefix.h"
#include "agent/parse/scan.h"

namespace sluice::agent {
namespace {

constexpr std::string_view kNoHeader = "no syslog header";
constexpr std::string_view kNoTime = "no time in the syslog header";
constexpr std::string_view kStructuredData = "malformed structured data";
constexpr std::string_view kUnfinished = "unfinished syslog header";

constexpr std::array<std::string_view, 24> kFacilities = {"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                                          "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                                          "ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
                                                          "local2", "local3", "local4", "local5", "local6",   "local7"};

// The priority at the front of a line that ReadSyslogPriority has found to be one.
size_t FacilityOf(std::string_view line) {
  size_t priority = 0;
  for (size_t i = 1; line[i] != '>'; ++i) priority = priority * 10 + static_cast<size_t>(line[i] - '0');
  return priority / 8;
}

// Takes the next word off `text`, and one blank behind it.
std::string_view NextWord(std::string_view* text) {
  const size_t size = std::min(text->find(' '), text->size());
  const std::string_view word = text->substr(0, size);
  text->remove_prefix(std::min(size + 1, text->size()));
  return word;
}

class SyslogReader {
 public:
  SyslogReader(const FieldSelection& fields, TimeReader* times, ParsedLine* out)
      : fields_(fields), times_(times), out_(out) {}

  // Behind "<165>1 ".
  std::string_view Read5424(std::string_view rest);
  // Behind the time.
  void Read3164(std::string_view rest);
  void Add(std::string_view name, std::string_view value) {
    if (!value.empty() && value != "-" && fields_.Wants(name)) out_->AddField(name, value);
  }

 private:
  bool ReadStructuredData(std::string_view text);
  const char* ReadElement(const char* p, const char* end);
  void AddParameter(std::string_view id, std::string_view name, std::string_view value);

  const FieldSelection& fields_;
  TimeReader* const times_;
  ParsedLine* const out_;
};

std::string_view SyslogReader::Read5424(std::string_view rest) {
  const std::string_view time = NextWord(&rest);
  if (time != "-" && !times_->ReadAll(time, &out_->time_unix_nano)) return kNoTime;
  for (std::string_view name : {"hostname", "appname", "procid", "msgid"}) {
    const std::string_view word = NextWord(&rest);
    if (word.empty()) return kUnfinished;
    Add(name, word);
  }
  if (rest.empty()) return kUnfinished;
  if (rest == "-" || rest.starts_with("- ")) return {};
  return ReadStructuredData(rest) ? std::string_view() : kStructuredData;
}

bool SyslogReader::ReadStructuredData(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p == end || *p != '[') return false;
  while (p < end && *p == '[') {
    p = ReadElement(p + 1, end);
    if (p == nullptr) return false;
  }
  return p == end || *p == ' ';
}

// Behind the '['; returns what is behind the ']', null if it is malformed.
const char* SyslogReader::ReadElement(const char* p, const char* end) {
  const auto name_end = [end](const char* at) {
    while (at < end && *at > ' ' && *at < 0x7f && *at != '=' && *at != ']' && *at != '"') ++at;
    return at;
  };
  const char* const id_end = name_end(p);
  const std::string_view id(p, static_cast<size_t>(id_end - p));
  if (id.empty()) return nullptr;
  for (p = id_end; p < end && *p == ' ';) {
    const char* const begin = ++p;
    p = name_end(p);
    const std::string_view name(begin, static_cast<size_t>(p - begin));
    if (name.empty() || end - p < 2 || p[0] != '=' || p[1] != '"') return nullptr;
    p += 2;
    const char* const close = FindStringEnd(p, end);
    if (close == nullptr) return nullptr;
    AddParameter(id, name, {p, static_cast<size_t>(close - p)});
    p = close + 1;
  }
  return p < end && *p == ']' ? p + 1 : nullptr;
}

void SyslogReader::AddParameter(std::string_view id, std::string_view name, std::string_view value) {
  if (fields_.none()) return;
  const size_t used = out_->room_used();
  char* room = out_->Room(id.size() + 1 + name.size() + value.size());
  if (room == nullptr) return out_->OmitField();
  char* const begin = room;
  room = std::copy(id.begin(), id.end(), room);
  *room++ = '.';
  room = std::copy(name.begin(), name.end(), room);
  const std::string_view full = out_->Keep(static_cast<size_t>(room - begin));
  if (!fields_.Wants(full)) return out_->GiveBackRoom(used);
  if (value.find('\\') != value.npos) {  // \" \\ \] stand for their second character, and nothing else does
    char* const value_begin = room;
    for (size_t i = 0; i < value.size(); ++i) {
      const bool escape = value[i] == '\\' && i + 1 < value.size() &&
                          (value[i + 1] == '"' || value[i + 1] == '\\' || value[i + 1] == ']');
      if (escape) ++i;
      *room++ = value[i];
    }
    value = out_->Keep(static_cast<size_t>(room - value_begin));
  }
  out_->AddField(full, value);
}

// "su[12]: …", "su: …": what ends with the colon of a tag. Cisco's "%ASA-4-106023: …" is one, too.
struct Tag {
  std::string_view name;
  std::string_view process;
};
bool ReadTag(std::string_view text, Tag* tag) {
  const size_t end = text.find_first_of(" :[");
  if (end == text.npos || end == 0 || text[end] == ' ') return false;
  size_t colon = end;
  if (text[end] == '[') {
    const size_t close = text.find_first_of("] ", end);
    if (close == text.npos || text[close] != ']') return false;
    tag->process = text.substr(end + 1, close - end - 1);
    colon = close + 1;
  }
  tag->name = text.substr(0, end);
  const bool ends = colon < text.size() && text[colon] == ':';
  // A colon inside of a word is none of a tag: "10:15:39", "fe80::1".
  return ends && (colon + 1 == text.size() || IsSpace(text[colon + 1]));
}

void SyslogReader::Read3164(std::string_view rest) {
  while (!rest.empty() && (IsSpace(rest[0]) || rest[0] == ':')) rest.remove_prefix(1);
  Tag tag;
  if (!ReadTag(rest, &tag)) {
    tag = {};
    Add("hostname", NextWord(&rest));
    while (!rest.empty() && IsSpace(rest[0])) rest.remove_prefix(1);
    if (!ReadTag(rest, &tag)) return;
  }
  Add("appname", tag.name);
  Add("procid", tag.process);
}

}  // namespace

std::string_view ParseSyslog(std::string_view line, const FieldSelection& fields, TimeReader* times, ParsedLine* out) {
  SyslogReader reader(fields, times, out);
  size_t head = ReadSyslogPriority(line, out);
  const bool has_priority = head > 0;
  if (has_priority) {
    reader.Add("facility", kFacilities[FacilityOf(line)]);
    if (line[head - 1] == ' ') return reader.Read5424(line.substr(head));
  }
  // Not every number is a time: only what begins like a date.
  const std::string_view text = line.substr(head);
  const size_t time_size = BeginsWithNumber(text) ? 0 : times->Read(text, &out->time_unix_nano);
  if (time_size == 0) {
    out->time_unix_nano = 0;
    return has_priority ? kNoTime : kNoHeader;
  }
  head += time_size;
  if (!fields.none()) reader.Read3164(line.substr(head));
  if (!has_priority) ReadMarks(line, head, times, out);
  return {};
}

bool BeginsLikeSyslog(std::string_view line) {
  return line.size() > 4 && (line[0] == '<' || (line[3] == ' ' && MonthFromName(line.data()) != 0));
}

}  // namespace sluice::agent
