#include <algorithm>
#include <limits>

#include "base/severity.h"
#include "base/strings.h"
#include "base/text.h"
#include "consumer/cli/color.h"
#include "consumer/cli/highlighter.h"
#include "consumer/cli/record_format.h"

namespace sluice::cli {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr size_t kSeverityWidth = 5;
// The topic's column is as wide as the longest topic so far, but no wider than this: one long name shall not push
// everything else to the right.
constexpr size_t kTopicWidthMin = 8;
constexpr size_t kTopicWidthMax = 32;

class TextFormat final : public RecordFormat {
 public:
  explicit TextFormat(const TextFormatOptions& options)
      : options_(options), highlighter_(options.contains, options.regex) {}

  void BeginBatch(const client::Batch& batch) override {
    topic_.clear();
    AppendVisible(batch.topic(), false, &topic_);
    size_t length = topic_.size();
    topic_width_ = std::max(topic_width_, std::min(length, kTopicWidthMax));
    if (options_.color) topic_.insert(0, TopicColor(batch.topic())).append(kReset);
    if (length < topic_width_) topic_.append(topic_width_ - length, ' ');
    NoteDeadLetter(batch);
  }

  void Append(const client::RecordView& record, std::string* out) override {
    AppendTime(record.time_unix_nano(), out);
    *out += ' ';
    *out += topic_;
    *out += ' ';
    AppendSeverity(record.severity(), out);
    *out += ' ';
    if (record.part() == v1::LINE_PART_MIDDLE || IsLast(record.part())) *out += "…";
    AppendLine(record.line(), out);
    if (record.part() == v1::LINE_PART_FIRST || record.part() == v1::LINE_PART_MIDDLE) *out += "…";
    *out += dead_letter_;
    *out += '\n';
  }

 private:
  // Why the collector could not store the records where they belong, if that is so; shown behind each line.
  void NoteDeadLetter(const client::Batch& batch) {
    dead_letter_.clear();
    std::string_view error;
    std::string_view topic;
    for (const auto& [name, value] : batch.labels()) {
      if (name == "dead_letter.error") error = value;
      if (name == "dead_letter.topic") topic = value;
    }
    if (error.empty()) return;
    dead_letter_ = options_.color ? StrCat("  ", kDim, "[of ") : "  [of ";
    AppendVisible(topic, false, &dead_letter_);
    dead_letter_ += ": ";
    AppendVisible(error, false, &dead_letter_);
    StrAppend(&dead_letter_, "]", options_.color ? kReset : "");
  }

  static bool IsLast(v1::LinePart part) {
    return part == v1::LINE_PART_LAST || part == v1::LINE_PART_LAST_UNTERMINATED;
  }

  void AppendLine(std::string_view line, std::string* out) const {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (options_.color) {
      highlighter_.Append(line, out);
    } else {
      AppendVisible(line, false, out);
    }
  }

  void AppendTime(uint64_t unix_nanos, std::string* out) {
    auto second = static_cast<int64_t>(unix_nanos / kNanosPerSecond);
    // Records of one second come together: its text is made once.
    if (second != second_) {
      second_ = second;
      FormatSecond(second);
    }
    if (options_.color) *out += kDim;
    *out += second_text_;
    auto millis = static_cast<unsigned>(unix_nanos % kNanosPerSecond / 1'000'000);
    *out += static_cast<char>('0' + millis / 100);
    *out += static_cast<char>('0' + millis / 10 % 10);
    *out += static_cast<char>('0' + millis % 10);
    if (options_.color) *out += kReset;
  }

  void FormatSecond(int64_t second) {
    absl::Time time = absl::FromUnixSeconds(second);
    auto today = absl::ToCivilDay(absl::FromUnixNanos(options_.clock->UnixNanos()), options_.zone);
    bool is_today = absl::ToCivilDay(time, options_.zone) == today;
    second_text_ = absl::FormatTime(is_today ? "%H:%M:%S." : "%Y-%m-%d %H:%M:%S.", time, options_.zone);
  }

  void AppendSeverity(v1::Severity severity, std::string* out) const {
    std::string_view name = SeverityName(severity);
    bool colored = options_.color && severity != v1::SEVERITY_UNSPECIFIED;
    if (colored) *out += SeverityColor(severity);
    *out += name;
    if (colored) *out += kReset;
    if (name.size() < kSeverityWidth) out->append(kSeverityWidth - name.size(), ' ');
  }

  const TextFormatOptions options_;
  const Highlighter highlighter_;
  std::string topic_;  // as it is written
  std::string dead_letter_;
  size_t topic_width_ = kTopicWidthMin;
  int64_t second_ = std::numeric_limits<int64_t>::min();
  std::string second_text_;
};

}  // namespace

std::unique_ptr<RecordFormat> NewTextFormat(const TextFormatOptions& options) {
  return std::make_unique<TextFormat>(options);
}

}  // namespace sluice::cli
