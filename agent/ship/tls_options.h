// TLS towards the collector.
#pragma once

#include <string>

namespace sluice::agent {

struct TlsOptions {
  bool enabled = false;
  std::string ca;    // PEM file of the authorities that are trusted; empty: the system's
  std::string cert;  // PEM files of the agent's own certificate and key; both or none
  std::string key;

  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

}  // namespace sluice::agent
