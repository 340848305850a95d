#include "base/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr size_t kHostBytesMax = 253;  // of a DNS name

template <typename... T>
absl::Status Invalid(std::string_view text, const T&... problem) {
  return InvalidArgument("found ", Quoted(text), "; ", problem...);
}

// inet_pton wants a C string; an IPv6 zone ("%eth0") is no part of the address.
bool ParseIp(int family, std::string_view host, void* address) {
  return inet_pton(family, std::string(host).c_str(), address) == 1;
}

bool IsIpv6(std::string_view host) {
  in6_addr address;
  return ParseIp(AF_INET6, host.substr(0, host.find('%')), &address);
}

bool IsHostName(std::string_view host) {
  return !host.empty() && host.size() <= kHostBytesMax && std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
  });
}

absl::StatusOr<uint16_t> ParsePort(std::string_view text, std::string_view port) {
  uint32_t number;
  const bool digits = !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(ToAbsl(port), &number) || number > 65535) {
    return Invalid(text, "expected a port from 0 to 65535 behind the last ':'");
  }
  return static_cast<uint16_t>(number);
}

}  // namespace

std::string HostPort::ToString() const {
  return host.find(':') != std::string::npos ? StrCat("[", host, "]:", port) : StrCat(host, ":", port);
}

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.ends_with(']')) {
    return Invalid(text, "expected HOST:PORT, such as 127.0.0.1:7070");
  }
  std::string_view host = text.substr(0, colon);
  if (host.empty()) {
    return Invalid(text, "expected a host before the ':': 127.0.0.1", text, " for this machine only, 0.0.0.0", text,
                   " for all networks");
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!IsIpv6(host)) return Invalid(text, "expected an IPv6 address between '[' and ']'");
  } else if (IsIpv6(text) || IsIpv6(host)) {
    return Invalid(text, "an IPv6 address needs brackets, such as [::1]:7070");
  } else if (!IsHostName(host)) {
    return Invalid(text, "expected a host name or an IP address before the ':'");
  }
  SLUICE_ASSIGN_OR_RETURN(const uint16_t port, ParsePort(text, text.substr(colon + 1)));
  return HostPort{.host = std::string(host), .port = port};
}

bool IsLoopback(const HostPort& address) {
  in_addr ipv4;
  if (ParseIp(AF_INET, address.host, &ipv4)) return ntohl(ipv4.s_addr) >> 24 == 127;
  in6_addr ipv6;
  if (ParseIp(AF_INET6, address.host, &ipv6)) return IN6_IS_ADDR_LOOPBACK(&ipv6);
  return absl::EqualsIgnoreCase(address.host, "localhost");
}

absl::Status CheckListenAddress(const HostPort& address, bool tls, bool insecure) {
  if (tls || insecure || IsLoopback(address)) return absl::OkStatus();
  return FailedPrecondition("refusing to listen on ", address.ToString(),
                            " without TLS: anyone who reaches it could read and write; listen on 127.0.0.1:",
                            address.port, ", configure TLS, or give --insecure if the network is trusted");
}

absl::StatusOr<HostPort> ParseListenAddress(std::string_view text, bool tls, bool insecure) {
  SLUICE_ASSIGN_OR_RETURN(HostPort address, ParseHostPort(text));
  SLUICE_RETURN_IF_ERROR(CheckListenAddress(address, tls, insecure));
  return address;
}

}  // namespace sluice
