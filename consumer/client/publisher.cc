#include "consumer/client/publisher.h"

#include <utility>

#include "base/host.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "consumer/client/publisher_impl.h"

namespace sluice::client {
namespace {

constexpr size_t kIdBytesMax = 118;
constexpr size_t kLabelsBytesMax = 64 << 10;

absl::Status CheckId(std::string_view id) {
  bool good = !id.empty() && id.size() <= kIdBytesMax;
  for (char c : id) {
    good = good && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    std::string_view("._:-").find(c) != std::string_view::npos);
  }
  if (!good) {
    return InvalidArgument("id ", Quoted(id), ": allowed are 1 to ", kIdBytesMax, " characters of [A-Za-z0-9._:-]");
  }
  return absl::OkStatus();
}

absl::Status CheckShared(const PublisherOptions& options) {
  size_t bytes = options.source.size();
  bool text = IsValidUtf8(options.source) && IsValidUtf8(options.host);
  for (const auto& [name, value] : options.labels) {
    bytes += name.size() + value.size();
    text = text && IsValidUtf8(name) && IsValidUtf8(value);
  }
  if (!text) return InvalidArgument("host, source and labels have to be UTF-8");
  if (bytes <= kLabelsBytesMax) return absl::OkStatus();
  return InvalidArgument("source and labels have ", bytes, " bytes: allowed are ", kLabelsBytesMax);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Publisher::Impl>> Publisher::Impl::Create(std::shared_ptr<ChannelSource> channels,
                                                                         PublisherOptions options) {
  if (options.id.empty()) {
    options.id = StrCat(kEphemeralPublisherPrefix, RandomName());
  } else {
    SLUICE_RETURN_IF_ERROR(CheckId(options.id));
    options.id.insert(0, kPublisherPrefix);
  }
  SLUICE_RETURN_IF_ERROR(CheckShared(options));
  if (options.host.empty()) options.host = HostName();
  return std::make_unique<Impl>(std::move(channels), std::move(options));
}

Publisher::Publisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Publisher::~Publisher() = default;

absl::Status Publisher::Publish(std::string_view topic, v1::LogRecord record, absl::Time deadline) {
  return impl_->Publish(topic, std::nullopt, std::move(record), deadline);
}
absl::Status Publisher::PublishAt(std::string_view topic, uint64_t sequence, v1::LogRecord record,
                                  absl::Time deadline) {
  return impl_->Publish(topic, sequence, std::move(record), deadline);
}
absl::StatusOr<uint64_t> Publisher::NextSequence(std::string_view topic, absl::Time deadline) {
  return impl_->NextSequence(topic, deadline);
}
absl::Status Publisher::Flush(absl::Time deadline) { return impl_->Flush(deadline); }
absl::Status Publisher::Close(absl::Time deadline) { return impl_->Close(deadline); }
const std::string& Publisher::id() const { return impl_->id(); }
uint64_t Publisher::taken() const { return impl_->taken(); }
uint64_t Publisher::acknowledged() const { return impl_->acknowledged(); }
uint64_t Publisher::left_out() const { return impl_->left_out(); }

}  // namespace sluice::client
