#include "agent/frame/container_line.h"

#include <simdjson.h>

#include <cstring>

namespace sluice::agent {
namespace {

namespace ondemand = simdjson::ondemand;

bool StreamFromText(std::string_view text, size_t* stream) {
  *stream = text == kContainerStreams[1] ? 1 : 0;
  return text == kContainerStreams[*stream];
}

// "2026-11-20T09:15:39…": told apart from other text, not checked to the last digit.
bool LooksLikeTime(std::string_view text) {
  return text.size() >= 20 && text[4] == '-' && text[10] == 'T' && text[13] == ':' && text[0] >= '0' && text[0] <= '9';
}

// The text up to the next blank, which is taken off `rest` with it; empty if there is none.
std::string_view TakeWord(std::string_view* rest) {
  const size_t blank = rest->find(' ');
  if (blank == rest->npos) return {};
  const std::string_view word = rest->substr(0, blank);
  rest->remove_prefix(blank + 1);
  return word;
}

}  // namespace

struct Unwrapper::Json {
  ondemand::parser parser;
  std::string padded;      // the line, and what the parser may look at behind it
  std::string attributes;  // "attrs.name", one behind the other

  bool Read(std::string_view line, ContainerLine* out);
  bool ReadAttributes(ondemand::object object, ContainerLine* out);
};

Unwrapper::Unwrapper() = default;
Unwrapper::~Unwrapper() = default;

bool Unwrapper::Unwrap(Container container, std::string_view line, ContainerLine* out) {
  out->attributes.clear();
  out->error = {};
  out->partial = false;
  const bool ok = container == Container::kCri ? UnwrapCri(line, out) : UnwrapDocker(line, out);
  if (ok) return true;
  out->text = line;
  out->time = {};
  out->attributes.clear();
  out->partial = false;
  out->error = container == Container::kCri ? "no line of the CRI: expected TIME stdout|stderr F|P TEXT"
                                            : "no line of Docker's json-file driver: expected log, stream and time";
  return false;
}

bool Unwrapper::UnwrapCri(std::string_view line, ContainerLine* out) {
  out->time = TakeWord(&line);
  if (!LooksLikeTime(out->time) || !StreamFromText(TakeWord(&line), &out->stream)) return false;
  std::string_view tags = TakeWord(&line);
  if (tags.empty()) {  // an empty line of some runtimes has no blank behind its tag
    tags = line;
    line = {};
  }
  const std::string_view tag = tags.substr(0, tags.find(':'));
  if (tag != "F" && tag != "P") return false;
  out->partial = tag == "P";
  out->text = line;
  return true;
}

bool Unwrapper::UnwrapDocker(std::string_view line, ContainerLine* out) {
  if (json_ == nullptr) json_ = std::make_unique<Json>();
  if (!json_->Read(line, out)) return false;
  out->partial = out->text.empty() || out->text.back() != '\n';
  if (!out->partial) out->text.remove_suffix(1);
  return true;
}

bool Unwrapper::Json::Read(std::string_view line, ContainerLine* out) {
  if (padded.size() < line.size() + simdjson::SIMDJSON_PADDING) padded.resize(line.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded.data(), line.data(), line.size());
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded.data(), line.size(), padded.size()).get(document) || document.get_object().get(object)) {
    return false;
  }
  bool has_log = false;
  bool has_stream = false;
  bool has_time = false;
  for (auto field : object) {
    std::string_view name;
    ondemand::value value;
    std::string_view text;
    if (field.unescaped_key().get(name) || field.value().get(value)) return false;
    if (name == "attrs") {
      ondemand::object attrs;
      if (value.get_object().get(attrs) || !ReadAttributes(attrs, out)) return false;
    } else if (name == "log" || name == "stream" || name == "time") {
      if (value.get_string().get(text)) return false;
      if (name == "log") out->text = text, has_log = true;
      if (name == "stream") has_stream = StreamFromText(text, &out->stream);
      if (name == "time") out->time = text, has_time = LooksLikeTime(text);
    }
  }
  return has_log && has_stream && has_time && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

bool Unwrapper::Json::ReadAttributes(ondemand::object object, ContainerLine* out) {
  attributes.clear();
  attributes.reserve(padded.size() + 6 * padded.size());  // views into it stay where they are
  for (auto field : object) {
    std::string_view name;
    std::string_view value;
    if (field.unescaped_key().get(name)) return false;
    if (field.value().get_string().get(value)) continue;  // Docker writes strings only
    const size_t begin = attributes.size();
    attributes += "attrs.";
    attributes += name;
    out->attributes.emplace_back(std::string_view(attributes).substr(begin), value);
  }
  return true;
}

}  // namespace sluice::agent
