// What all batches of a file say in the same words, encoded once.
#pragma once

#include <map>
#include <string>

#include "sluice/v1/log.pb.h"

namespace sluice::agent {

// The constant fields of LogBatch, as log.proto describes them.
struct SharedFields {
  std::string topic = {};
  std::string agent = {};
  std::string host = {};
  std::string path = {};
  std::string source = {};
  std::map<std::string, std::string> labels = {};
  v1::FileIdentity file = {};
};

// `fields` in wire format, for MessageEncoder::BeginBatch: encode again when one of them changes (a rename, a new
// generation). What is no UTF-8 (paths may be anything) is shown as U+FFFD. Labels are sorted: equal fields give equal
// bytes.
std::string EncodeSharedFields(const SharedFields& fields);

}  // namespace sluice::agent
