// Any bytes: what is found lies in the text, in order, and a text without what was found has the same letters around
// it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "agent/process/redactor.h"
#include "agent/process/secrets.h"

namespace sluice::agent {
namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void CheckText(std::string_view text, uint8_t kinds) {
  std::vector<Secret> found;
  FindSecrets(text, kinds, &found);
  size_t done = 0;
  std::string rest;
  for (const Secret& secret : found) {
    Require(secret.begin >= done && secret.end > secret.begin && secret.end <= text.size(),
            "out of order, or of the text");
    Require((secret.kind & kinds) != 0, "not asked for");
    rest += text.substr(done, secret.begin - done);
    rest += "***";
    done = secret.end;
  }
  rest += text.substr(done);

  static const Redactor* const kAll = new Redactor(*Redactor::Create({{.presets = kCardNumbers | kTokens | kEmails}}));
  std::string out;
  const uint32_t count = kAll->Redact(text, &found, &out);
  if (kinds == (kCardNumbers | kTokens | kEmails)) {
    Require(count == found.size() && (count == 0 || out == rest), "the redactor does otherwise");
  }
}

}  // namespace
}  // namespace sluice::agent

// The first byte chooses what is looked for.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::vector<char> exact(data + 1, data + size);  // ends where its memory ends
  sluice::agent::CheckText({exact.data(), exact.size()}, data[0] & 7);
  return 0;
}
