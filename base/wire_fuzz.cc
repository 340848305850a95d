// Any bytes: the reader stays inside of them, ends, and agrees with protobuf about what is well-formed.
#include <google/protobuf/unknown_field_set.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/wire.h"

namespace {

// Writes what was read: the same message, but for varints that were longer than needed.
size_t CanonicalSize(const sluice::wire::Field& field) {
  using sluice::wire::Type;
  using sluice::wire::VarintSize;
  const size_t tag = VarintSize(sluice::wire::Tag(field.number, field.type));
  switch (field.type) {
    case Type::kVarint:
      return tag + VarintSize(field.value);
    case Type::kFixed64:
      return tag + 8;
    case Type::kFixed32:
      return tag + 4;
    case Type::kBytes:
      return tag + VarintSize(field.bytes.size()) + field.bytes.size();
  }
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  sluice::wire::Reader reader(message);
  sluice::wire::Field field;
  int count = 0;
  for (size_t before = 0; reader.Next(&field); before = reader.position(), ++count) {
    if (reader.position() - before < CanonicalSize(field)) std::abort();
    if (field.type == sluice::wire::Type::kBytes && !field.bytes.empty() &&
        (field.bytes.data() < message.data() || field.bytes.end() > message.end())) {
      std::abort();
    }
  }
  if (reader.ok() != (reader.position() == size)) std::abort();
  google::protobuf::UnknownFieldSet oracle;
  const bool parsed = oracle.ParseFromArray(data, static_cast<int>(size));
  // Groups, which the oracle takes, make the only difference.
  if (reader.ok() && (!parsed || oracle.field_count() != count)) std::abort();
  return 0;
}
