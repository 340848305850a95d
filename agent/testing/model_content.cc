#include "agent/testing/model_content.h"

#include "base/strings.h"

namespace sluice::agent {
namespace {

std::string Utf16(std::string_view ascii) {
  std::string bytes;
  for (const char c : ascii) bytes.append({c, '\0'});
  return bytes;
}

}  // namespace

ModelContent ContentOf(uint64_t seed) {
  switch (seed % 16) {
    case 4:
    case 10:
      return ModelContent::kUtf16;
    case 6:
    case 12:
      return ModelContent::kSomeDropped;
    case 8:
    case 14:
      return ModelContent::kOfContainer;
    default:
      return ModelContent::kPlain;
  }
}

void Configure(ModelContent content, SourceOptions* source) {
  if (content == ModelContent::kSomeDropped) source->process.filter.drop = {{.regex = R"(^\d+ \d*[05] )"}};
  if (content == ModelContent::kOfContainer) source->framing.container = Container::kCri;
  if (content == ModelContent::kUtf16) source->framing.encoding = Encoding::kUtf16;
}

std::string Written(ModelContent content, std::string_view text, bool ends, bool is_first) {
  if (content == ModelContent::kOfContainer) {
    return StrCat("2026-11-20T09:15:39.1Z stdout ", ends ? "F " : "P ", text, "\n");
  }
  const std::string line = StrCat(text, ends ? "\n" : "");
  if (content != ModelContent::kUtf16) return line;
  return (is_first ? "\xff\xfe" : "") + Utf16(line);
}

bool IsDropped(ModelContent content, int number) { return content == ModelContent::kSomeDropped && number % 5 == 0; }

}  // namespace sluice::agent
