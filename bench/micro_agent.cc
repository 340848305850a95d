// What a line costs in the agent's pure part: finding time and severity, and encoding. "per_line" is CPU time a line.
//
//   bazel run //bench:micro_agent
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/encode/message_encoder.h"
#include "agent/encode/shared_fields.h"
#include "agent/parse/parser_factory.h"
#include "benchmark/benchmark.h"

namespace sluice::agent {
namespace {

constexpr int kLines = 4000;
constexpr size_t kBufferBytes = 4 << 20;
constexpr int64_t kReadTime = 1'795'166'139'000'000'000;  // 2026-11-20T09:15:39Z

// Numbers that are the same on every run.
class Sequence {
 public:
  uint32_t Next(uint32_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 33) % below;
  }
  template <size_t N>
  const char* Pick(const char* const (&words)[N]) {
    return words[Next(N)];
  }

 private:
  uint64_t state_ = 20261120;
};

constexpr const char* kLevels[] = {"info", "info", "info", "debug", "info", "warn", "error", "info"};
constexpr const char* kCapitals[] = {"INFO", "INFO", "INFO", "DEBUG", "INFO", "WARN", "ERROR", "INFO"};
constexpr const char* kServices[] = {"checkout", "cart", "search", "payment-gateway", "users"};
constexpr const char* kMessages[] = {"request done", "cache miss, \\\"asking\\\" the database", "no error occurred",
                                     "retrying upstream call"};
constexpr const char* kPaths[] = {"/", "/images/logo.png", "/api/v1/orders?limit=20&offset=400", "/favicon.ico",
                                  "/presentations/logstash-monitorama-2013/images/kibana-dashboard3.png"};
constexpr const char* kBrowsers[] = {
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.77",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "UniversalFeedParser/4.2"};

template <typename... Args>
std::string Printed(const char* format, Args... args) {
  char text[1024];
  return std::string(text, static_cast<size_t>(std::snprintf(text, sizeof text, format, args...)));
}

// The line of the end-to-end benchmark: 229 bytes.
std::string PadJson(std::string line) {
  constexpr size_t kSize = 229;
  line += R"(,"note":")";
  while (line.size() < kSize - 2) line += static_cast<char>('a' + line.size() % 26);
  return line + "\"}";
}

std::string Time(int i) { return Printed("2026-11-20T09:%02d:%02d.%03dZ", i / 1000, i / 20 % 60, i * 50 % 1000); }

std::string JsonTimeFirst(Sequence* s, int i) {
  return PadJson(Printed(R"({"time":"%s","level":"%s","service":"%s","msg":"%s","status":%u,"took_ms":%u)",
                         Time(i).c_str(), s->Pick(kLevels), s->Pick(kServices), s->Pick(kMessages), 200 + s->Next(300),
                         s->Next(1000)));
}

std::string JsonTimeLast(Sequence* s, int i) {
  return Printed(R"({"level":"%s","service":"%s","trace_id":"%08x%08x%08x%08x","span_id":"%08x","msg":"%s",)"
                 R"("http":{"method":"GET","path":"%s","status":%u},"took_ms":%u,"@timestamp":"%s"})",
                 s->Pick(kLevels), s->Pick(kServices), s->Next(UINT32_MAX), s->Next(UINT32_MAX), s->Next(UINT32_MAX),
                 s->Next(UINT32_MAX), s->Next(UINT32_MAX), s->Pick(kMessages), s->Pick(kPaths), 200 + s->Next(300),
                 s->Next(1000), Time(i).c_str());
}

std::string Access(Sequence* s, int i) {
  return Printed(
      R"(%u.%u.%u.%u - - [17/May/2015:10:%02d:%02d +0000] "GET %s HTTP/1.1" 200 %u "http://%s.example/" "%s")",
      1 + s->Next(223), s->Next(256), s->Next(256), s->Next(256), i / 1000, i / 20 % 60, s->Pick(kPaths),
      s->Next(300000), s->Pick(kServices), s->Pick(kBrowsers));
}

std::string Plain(Sequence* s, int i) {
  return Printed("2026-11-20 09:%02d:%02d,%03d %-5s [http-nio-8080-exec-%u] com.shop.%s.Handler - %s after %u ms",
                 i / 1000, i / 20 % 60, i * 50 % 1000, s->Pick(kCapitals), s->Next(200), s->Pick(kServices),
                 s->Pick(kMessages), s->Next(1000));
}

std::string Syslog(Sequence* s, int i) {
  return Printed("Nov 20 09:%02d:%02d web-%u %s[%u]: %s after %u ms, nothing to do", i / 1000, i / 20 % 60, s->Next(9),
                 s->Pick(kServices), 1 + s->Next(32000), s->Pick(kMessages), s->Next(1000));
}

std::string Klog(Sequence* s, int i) {
  return Printed("%c1120 09:%02d:%02d.%06u   %5u %s.go:%u] %s after %u ms", *s->Pick(kCapitals), i / 1000, i / 20 % 60,
                 s->Next(1000000), 1 + s->Next(32000), s->Pick(kServices), 1 + s->Next(2000), s->Pick(kMessages),
                 s->Next(1000));
}

std::string Logfmt(Sequence* s, int i) {
  return Printed(R"(ts=%s level=%s service=%s msg="%s" method=GET path=%s status=%u took=%ums trace=%08x%08x)",
                 Time(i).c_str(), s->Pick(kLevels), s->Pick(kServices), s->Pick(kMessages), s->Pick(kPaths),
                 200 + s->Next(300), s->Next(1000), s->Next(UINT32_MAX), s->Next(UINT32_MAX));
}

using Generator = std::string (*)(Sequence*, int);

std::vector<std::string> Lines(Generator generate) {
  Sequence sequence;
  std::vector<std::string> lines;
  lines.reserve(kLines);
  for (int i = 0; i < kLines; ++i) {
    std::string line = generate(&sequence, i);
    line.reserve(line.size() + kPaddingBytes);  // as the buffer that the agent reads into
    lines.push_back(std::move(line));
  }
  return lines;
}

void ReportPerLine(benchmark::State& state, const std::vector<std::string>& lines) {
  size_t bytes = 0;
  for (const std::string& line : lines) bytes += line.size();
  state.counters["per_line"] =
      benchmark::Counter(kLines, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["line_bytes"] = static_cast<double>(bytes) / kLines;
}

// What a source says about its lines.
struct Format {
  Generator generate;
  ParserKind kind = ParserKind::kAuto;
  std::vector<std::string> fields = {};  // named ones; none: what the kind has
};

std::unique_ptr<LineParser> NewParser(const Format& format) {
  ParserOptions options;
  options.kind = format.kind;
  if (format.kind == ParserKind::kRegex) options.regex = R"(^(?P<time>\S+ \S+) (?P<level>\w+) +\[(?P<thread>[^\]]*)\])";
  if (!format.fields.empty()) options.fields = *FieldSelection::Named(format.fields);
  return ParserFactory::Create(std::move(options))->NewParser();
}

void Parse(benchmark::State& state, const Format& format) {
  const std::vector<std::string> lines = Lines(format.generate);
  const std::unique_ptr<LineParser> parser = NewParser(format);
  ParsedLine parsed;
  for (auto _ : state) {
    for (const std::string& line : lines) {
      parser->Parse(line, kReadTime, &parsed);
      benchmark::DoNotOptimize(parsed);
    }
  }
  ReportPerLine(state, lines);
}

void ParseAndEncode(benchmark::State& state, const Format& format) {
  const std::vector<std::string> lines = Lines(format.generate);
  const std::unique_ptr<LineParser> parser = NewParser(format);
  const std::string shared =
      EncodeSharedFields({.topic = "app", .agent = "web-1", .host = "web-1", .path = "/var/log/a"});
  const v1::ContentHash hash;
  ParsedLine parsed;
  std::vector<char> buffer(kBufferBytes);
  MessageEncoder message;
  uint64_t offset = 0;
  for (auto _ : state) {
    message.Reset(buffer.data(), buffer.size());
    if (!message.BeginBatch(shared, offset, 0, hash)) return state.SkipWithError("no room for a batch");
    for (const std::string& line : lines) {
      parser->Parse(line, kReadTime, &parsed);
      const bool added =
          message.AddRecord({.time_unix_nano = parsed.time_unix_nano,
                             .severity = parsed.severity,
                             .severity_text = parsed.severity_text,
                             .line = line,
                             .attributes = parsed.attributes(),
                             .attributes_are_utf8 = parsed.attributes_are_whole,
                             .padded_attribute_bytes = parsed.attributes_are_inside ? parsed.attribute_bytes() : 0,
                             .offset = offset});
      if (!added) return state.SkipWithError("no room for a record");
      offset += line.size() + 1;
    }
    message.EndBatch(offset, hash);
    benchmark::DoNotOptimize(message.message());
  }
  ReportPerLine(state, lines);
}

#define SLUICE_LINE_BENCHMARK(Function)                                                                            \
  BENCHMARK_CAPTURE(Function, json_time_first, Format{JsonTimeFirst});                                             \
  BENCHMARK_CAPTURE(Function, json_time_last, Format{JsonTimeLast});                                               \
  BENCHMARK_CAPTURE(Function, access, Format{Access});                                                             \
  BENCHMARK_CAPTURE(Function, plain, Format{Plain});                                                               \
  BENCHMARK_CAPTURE(Function, syslog, Format{Syslog});                                                             \
  BENCHMARK_CAPTURE(Function, logfmt, Format{Logfmt});                                                             \
  BENCHMARK_CAPTURE(Function, json_time_first_all_fields, Format{JsonTimeFirst, ParserKind::kJson});               \
  BENCHMARK_CAPTURE(Function, json_time_last_all_fields, Format{JsonTimeLast, ParserKind::kJson});                 \
  BENCHMARK_CAPTURE(Function, json_two_fields, Format{JsonTimeLast, ParserKind::kJson, {"service", "http.path"}}); \
  BENCHMARK_CAPTURE(Function, access_all_fields, Format{Access, ParserKind::kW3c});                                \
  BENCHMARK_CAPTURE(Function, syslog_all_fields, Format{Syslog, ParserKind::kSyslog});                             \
  BENCHMARK_CAPTURE(Function, klog_all_fields, Format{Klog, ParserKind::kKlog});                                   \
  BENCHMARK_CAPTURE(Function, logfmt_all_fields, Format{Logfmt, ParserKind::kLogfmt});                             \
  BENCHMARK_CAPTURE(Function, regex, Format{Plain, ParserKind::kRegex})

SLUICE_LINE_BENCHMARK(Parse);
SLUICE_LINE_BENCHMARK(ParseAndEncode);

}  // namespace
}  // namespace sluice::agent

BENCHMARK_MAIN();
