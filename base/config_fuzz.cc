// Any bytes as a configuration file: an error or a tree, never a crash or a hang, and errors are printable text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/strings.h"
#include "base/text.h"

namespace {

void Read(const sluice::ConfigNode& node, int depth) {
  node.String("a", "");
  node.Strings("b", {});
  node.StringMap("c");
  node.Bool("a", false);
  node.Int("a", 0, -5, 5);
  node.Bytes("a", 0, 1, 5);
  node.Duration("a", absl::ZeroDuration(), absl::Seconds(1), absl::Seconds(2));
  node.Choice("a", "x", {"x", "yes"});
  node.Where("d");
  if (depth == 0) return;
  Read(node.Map("d"), depth - 1);
  for (const sluice::ConfigNode& item : node.Maps("e")) Read(item, depth - 1);
}

void CheckMessage(const absl::Status& status) {
  const std::string_view message = sluice::ToStd(status.message());
  std::string visible;
  sluice::AppendVisible(message, /*strip_cr=*/false, &visible);
  // Only the newlines between errors are made visible.
  size_t newlines = 0;
  for (const char c : message) newlines += c == '\n' ? 1 : 0;
  if (visible.size() != message.size() + newlines) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<sluice::ConfigFile> file = sluice::ConfigFile::Parse(yaml, "fuzz.yaml");
  CheckMessage(file.status());
  if (!file.ok()) return 0;
  Read(file->root(), 3);
  CheckMessage(file->Finish());
  return 0;
}
