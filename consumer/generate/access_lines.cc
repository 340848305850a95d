// 203.0.113.7 - - [20/Nov/2026:09:15:39 +0000] "GET /p/PAN-2041 HTTP/1.1" 200 5123 "https://shop.example/" "Mozilla/…"
#include <array>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "consumer/generate/shop.h"
#include "consumer/generate/sources.h"
#include "consumer/generate/timestamp.h"

namespace sluice::generate {
namespace {

struct Page {
  std::string_view method;
  std::string_view path;
  std::string_view value_name;  // of what follows the path, if anything
  Value value;
};

constexpr std::array<Page, 12> kPages = {{
    {"GET", "/", "", Value::kCount},
    {"GET", "/p/", "p", Value::kSku},
    {"GET", "/p/", "p", Value::kSku},
    {"GET", "/p/", "p", Value::kSku},
    {"GET", "/search?q=coffee&page=", "page", Value::kCount},
    {"GET", "/static/app.js?v=", "v", Value::kCart},
    {"GET", "/static/shop.css?v=", "v", Value::kCart},
    {"GET", "/images/", "image", Value::kCart},
    {"POST", "/cart/", "cart", Value::kCart},
    {"GET", "/cart/", "cart", Value::kCart},
    {"POST", "/checkout", "", Value::kCount},
    {"GET", "/orders/", "order", Value::kOrder},
}};
constexpr std::array<std::string_view, 5> kReferers = {"-", "https://shop.example/", "https://shop.example/sale",
                                                       "https://www.example.org/blog/best-pans",
                                                       "https://search.example.com/"};
constexpr std::array<std::string_view, 6> kAgents = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "
    "Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://search.example.com/bot.html)",
    "curl/8.9.1"};

// Mostly 200.
int PickStatus(Random* random) {
  uint64_t dice = random->Below(1000);
  if (dice < 880) return 200;
  if (dice < 930) return 304;
  if (dice < 955) return 302;
  if (dice < 985) return 404;
  if (dice < 992) return 403;
  if (dice < 997) return 500;
  return 503;
}

class AccessLines final : public LineSource {
 public:
  AccessLines(uint64_t seed, bool latency) : random_(seed), latency_(latency), latency_random_(~seed) {}

  const std::vector<std::string>& files() const override { return files_; }

  size_t Next(int64_t unix_nanos, std::vector<std::string>* buffers) override {
    std::string* out = &buffers->front();
    AppendValue(Value::kIp, &random_, out);
    *out += " - ";
    if (random_.Below(5) == 0) {
      *out += "user";
      AppendValue(Value::kCustomer, &random_, out);
    } else {
      *out += '-';
    }
    *out += " [";
    *out += time_.Second(unix_nanos);
    *out += " +0000] \"";
    const Page& page = kPages[random_.Below(kPages.size())];
    StrAppend(out, page.method, " ", page.path);
    if (!page.value_name.empty()) AppendValue(page.value, &random_, out);
    int status = PickStatus(&random_);
    StrAppend(out, " HTTP/1.1\" ", status, " ");
    if (status == 304) {
      *out += '0';
    } else {
      AppendValue(Value::kBytes, &random_, out);
    }
    StrAppend(out, " \"", kReferers[random_.Below(kReferers.size())], "\" \"", kAgents[random_.Below(kAgents.size())],
              "\"");
    if (latency_) AppendLatency(out);
    *out += '\n';
    return 0;
  }

 private:
  // " 0.031": mostly some milliseconds, now and then seconds.
  void AppendLatency(std::string* out) {
    const uint64_t millis = latency_random_.Skewed(1, latency_random_.Below(50) == 0 ? 5000 : 300);
    absl::StrAppendFormat(out, " %d.%03d", millis / 1000, millis % 1000);
  }

  Random random_;
  const bool latency_;
  Random latency_random_;  // of its own, so that the other fields do not change
  Timestamp time_{"%d/%b/%Y:%H:%M:%S"};
  const std::vector<std::string> files_ = {"access.log"};
};

}  // namespace

std::unique_ptr<LineSource> NewAccessLines(uint64_t seed, bool latency) {
  return std::make_unique<AccessLines>(seed, latency);
}

}  // namespace sluice::generate
