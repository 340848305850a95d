// Signatures of messages between those who share a secret.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// HMAC-SHA256 (RFC 2104), as 64 digits of lower-case hexadecimal.
std::string HmacSha256Hex(std::string_view key, std::string_view message);

}  // namespace sluice
