#include "base/text.h"
#include "consumer/cli/record_format.h"

namespace sluice::cli {
namespace {

class RawFormat final : public RecordFormat {
 public:
  explicit RawFormat(bool visible) : visible_(visible) {}

  void BeginBatch(const client::Batch&) override {}

  void Append(const client::RecordView& record, std::string* out) override {
    if (visible_) {
      AppendVisible(record.line(), false, out);
    } else {
      *out += record.line();
    }
    *out += '\n';
  }

 private:
  const bool visible_;
};

}  // namespace

std::unique_ptr<RecordFormat> NewRawFormat(bool visible) { return std::make_unique<RawFormat>(visible); }

}  // namespace sluice::cli
