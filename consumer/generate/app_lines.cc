// 2026-11-20T09:15:39.123Z ERROR [payment] payment failed order=A-1029384 amount=129.90 reason=timeout
#include <array>

#include "absl/strings/ascii.h"
#include "base/strings.h"
#include "consumer/generate/line_source.h"
#include "consumer/generate/shop.h"
#include "consumer/generate/sources.h"
#include "consumer/generate/timestamp.h"

namespace sluice::generate {
namespace {

class AppLines final : public LineSource {
 public:
  explicit AppLines(uint64_t seed) : random_(seed) {
    for (const Event& event : ShopEvents()) {
      std::string file = StrCat(LevelName(event.level), "/", event.service, ".log");
      size_t at = 0;
      while (at < files_.size() && files_[at] != file) ++at;
      if (at == files_.size()) files_.push_back(std::move(file));
      file_of_event_.push_back(at);
      std::string level = absl::AsciiStrToUpper(ToAbsl(LevelName(event.level)));
      level.resize(5, ' ');
      head_of_event_.push_back(StrCat("Z ", level, " [", event.service, "] ", event.message));
    }
  }

  const std::vector<std::string>& files() const override { return files_; }

  size_t Next(int64_t unix_nanos, std::vector<std::string>* buffers) override {
    size_t place = picker_.Pick(&random_);
    std::string* out = &(*buffers)[file_of_event_[place]];
    time_.AppendWithFraction(unix_nanos, 3, out);
    *out += head_of_event_[place];
    for (const Field& field : ShopEvents()[place].fields) {
      *out += ' ';
      *out += field.name;
      *out += '=';
      if (IsPhrase(field.value)) *out += '"';
      AppendValue(field.value, &random_, out);
      if (IsPhrase(field.value)) *out += '"';
    }
    *out += '\n';
    return file_of_event_[place];
  }

 private:
  Random random_;
  const EventPicker picker_;
  Timestamp time_{"%Y-%m-%dT%H:%M:%S"};
  std::vector<std::string> files_;
  // By the event's place: its file, and what stands between time and fields.
  std::vector<size_t> file_of_event_;
  std::vector<std::string> head_of_event_;
};

}  // namespace

std::unique_ptr<LineSource> NewAppLines(uint64_t seed) { return std::make_unique<AppLines>(seed); }

}  // namespace sluice::generate
