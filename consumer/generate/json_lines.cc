// {"time":"2026-11-20T09:15:39.123Z","level":"error","service":"payment","msg":"payment failed","order":"A-1029384",
//  "amount":129.90,"reason":"timeout","node":"s2","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"…"}
#include <array>

#include "base/strings.h"
#include "consumer/generate/shop.h"
#include "consumer/generate/sources.h"
#include "consumer/generate/timestamp.h"

namespace sluice::generate {
namespace {

constexpr std::array<std::string_view, 3> kNodes = {"s1", "s2", "s3"};

void AppendHex(uint64_t value, std::string* out) {
  char digits[16];
  for (int i = 15; i >= 0; --i, value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
  out->append(digits, sizeof digits);
}

class JsonLines final : public LineSource {
 public:
  explicit JsonLines(uint64_t seed) : random_(seed) {
    for (const Event& event : ShopEvents()) {
      head_of_event_.push_back(StrCat(R"(Z","level":")", LevelName(event.level), R"(","service":")", event.service,
                                      R"(","msg":")", event.message, "\""));
    }
  }

  const std::vector<std::string>& files() const override { return files_; }

  size_t Next(int64_t unix_nanos, std::vector<std::string>* buffers) override {
    std::string* out = &buffers->front();
    size_t place = picker_.Pick(&random_);
    *out += R"({"time":")";
    time_.AppendWithFraction(unix_nanos, 3, out);
    *out += head_of_event_[place];
    for (const Field& field : ShopEvents()[place].fields) {
      *out += ",\"";
      *out += field.name;
      *out += "\":";
      if (!IsNumber(field.value)) *out += '"';
      AppendValue(field.value, &random_, out);
      if (!IsNumber(field.value)) *out += '"';
    }
    *out += R"(,"node":")";
    *out += kNodes[random_.Below(kNodes.size())];
    *out += R"(","trace_id":")";
    AppendHex(random_.Next(), out);
    AppendHex(random_.Next(), out);
    *out += R"(","span_id":")";
    AppendHex(random_.Next(), out);
    *out += "\"}\n";
    return 0;
  }

 private:
  Random random_;
  const EventPicker picker_;
  Timestamp time_{"%Y-%m-%dT%H:%M:%S"};
  const std::vector<std::string> files_ = {"shop.json"};
  std::vector<std::string> head_of_event_;  // what stands between time and fields, by the event's place
};

}  // namespace

std::unique_ptr<LineSource> NewJsonLines(uint64_t seed) { return std::make_unique<JsonLines>(seed); }

}  // namespace sluice::generate
