#include "agent/encode/shared_fields.h"

#include "base/text.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace sluice::agent {

std::string EncodeSharedFields(const SharedFields& fields) {
  v1::LogBatch batch;
  batch.set_topic(ReplaceInvalidUtf8(fields.topic));
  batch.set_agent(ReplaceInvalidUtf8(fields.agent));
  batch.set_host(ReplaceInvalidUtf8(fields.host));
  batch.set_path(ReplaceInvalidUtf8(fields.path));
  batch.set_source(ReplaceInvalidUtf8(fields.source));
  for (const auto& [name, value] : fields.labels) {
    (*batch.mutable_labels())[ReplaceInvalidUtf8(name)] = ReplaceInvalidUtf8(value);
  }
  *batch.mutable_file() = fields.file;

  std::string out;
  {
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    batch.SerializeToCodedStream(&coded);
  }
  return out;
}

}  // namespace sluice::agent
