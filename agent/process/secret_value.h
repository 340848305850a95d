// The value of a name that tells of a secret: where it begins and ends, however it is written. Pure.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace sluice::agent {

// How a value is written depends on what it is of.
enum class SecretNameKind : char {
  kOther,          // a quoted text or a word
  kAuthorization,  // HTTP's header: a scheme and credentials of any form, up to the end of the line or the quotation
};

// Finds the secret parts of the value that stands behind "name:" or "name=", at `at`, and says the first and the next
// byte of each, in order: of a list each element, and not the scheme before credentials ("Bearer"). Where to go on.
//
//   password=hunter2 user=ann               {"token":["a","b"]}      curl -H 'Authorization: Token 9944b0' https://…
//            ~~~~~~~                                   ~   ~                               ~~~~~~
size_t FindSecretValues(std::string_view text, size_t at, SecretNameKind name,
                        absl::FunctionRef<void(size_t begin, size_t end)> found);

// How many bytes "Bearer " or "Basic " takes, in any case and with all its blanks, if `text` begins with it; else 0.
size_t BearerOrBasicSize(std::string_view text);

// How many bytes of `text` are one token, as RFC 7235 has it (token68), padding and JSON's escapes included.
size_t TokenSize(std::string_view text);

}  // namespace sluice::agent
