// Certificates and keys in PEM, looked at before anyone is asked to use them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice {

// What is no error today, for people: "the certificate of 'web-1' expired on 2025-03-01 12:00:00 UTC".
using PemWarnings = std::vector<std::string>;

// A chain of certificates, the first one with this key. InvalidArgument if there is no certificate, one cannot be read,
// or the key cannot be read, needs a passphrase, or belongs to another certificate.
absl::StatusOr<PemWarnings> CheckKeyPair(std::string_view certificates, std::string_view key, int64_t unix_nanos);

// Certificates of authorities, one or more. InvalidArgument if there is none or one cannot be read.
absl::StatusOr<PemWarnings> CheckAuthorities(std::string_view certificates, int64_t unix_nanos);

}  // namespace sluice
