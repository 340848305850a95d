// What the tailing model's files hold: numbered lines, in several forms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/source/source.h"

namespace sluice::agent {

enum class ModelContent {
  kPlain,
  kSomeDropped,  // by configuration: the lines whose numbers end in 0 or 5
  kOfContainer,  // as container runtimes write, lines that are not whole as parts
  kUtf16,
};

// Half of all seeds have plain content.
ModelContent ContentOf(uint64_t seed);
// What a source of such files is told.
void Configure(ModelContent content, SourceOptions* source);
// A line, or a part of one if it `ends` not here, as it is written; `is_first` of the file.
std::string Written(ModelContent content, std::string_view text, bool ends, bool is_first);
bool IsDropped(ModelContent content, int number);

}  // namespace sluice::agent
