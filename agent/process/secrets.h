// Finds what must not be in a log: card numbers, tokens, e-mail addresses. Pure; one pass over a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::agent {

// A set of them is an OR of bits.
enum SecretKind : uint8_t {
  // A payment card's number: 13 to 19 digits of a known issuer with a valid check digit, in one piece or in groups with
  // a blank or '-' between, as they are printed on cards.
  kCardNumbers = 1,
  // What gives access: JWTs, "Bearer …", "Basic …", keys of well-known form (AWS, GitHub, GitLab, Slack, Stripe,
  // Google, npm, "sk-…"), and the value of a name that ends in password, passwd, pwd, passphrase, secret, token,
  // api_key, access_key, private_key, credential(s) or authorization: name=value, name: value, "name":"value"; of
  // authorization the whole credentials, whatever their scheme.
  kTokens = 2,
  // name@host.domain
  kEmails = 4,
};

struct Secret {
  size_t begin;
  size_t end;
  SecretKind kind;
};

// Appends what is found, in ascending order; they do not overlap.
void FindSecrets(std::string_view text, uint8_t kinds, std::vector<Secret>* found);

}  // namespace sluice::agent
