// What a line costs in framing and processing alone: cutting records of several lines out of a chunk, and looking for
// secrets. "per_line" is CPU time a line.
//
//   bazel run //bench:micro_frame
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "agent/frame/container_framer.h"
#include "agent/frame/framing.h"
#include "agent/frame/group_framer.h"
#include "agent/process/redactor.h"
#include "benchmark/benchmark.h"

namespace sluice::agent {
namespace {

constexpr int kLines = 4000;
constexpr size_t kLineBytesMax = 256 << 10;

std::string LogLine(int i) {
  char line[256];
  std::snprintf(
      line, sizeof line,
      "2026-11-20 09:%02d:%02d,%03d INFO  [http-nio-8080-exec-%d] com.shop.cart.Handler - request %d done after %d ms",
      i / 1000, i / 20 % 60, i * 50 % 1000, i % 200, i * 7919, i % 1000);
  return line;
}

// Of twenty lines fourteen begin a record, the others are a stack trace.
std::string Traces() {
  std::string text;
  for (int i = 0; i < kLines; ++i) {
    const int place = i % 20;
    text += place < 14    ? LogLine(i)
            : place == 14 ? "java.lang.IllegalStateException: no answer"
                          : "\tat com.shop.cart.Handler$Inner.handle(Handler.java:" + std::to_string(i) + ")";
    text += "\n";
  }
  return text;
}

std::string ContainerLines() {
  std::string text;
  for (int i = 0; i < kLines; ++i) text += "2026-11-20T09:15:39.123456789Z stdout F " + LogLine(i) + "\n";
  return text;
}

void PerLine(benchmark::State& state) {
  state.counters["per_line"] =
      benchmark::Counter(kLines, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void Cut(benchmark::State& state, const FramingOptions& options, const std::string& text) {
  const Framing framing = *Framing::Create(options);
  GroupFramer groups(kLineBytesMax);
  ContainerFramer containers(kLineBytesMax);
  groups.Use(framing.encoding(), framing.rule(), framing.lines_max());
  containers.Use(framing.container(), framing.rule(), framing.lines_max());
  Framer* const framer = options.container != Container::kNone ? static_cast<Framer*>(&containers) : &groups;
  for (auto _ : state) {
    framer->Begin({.bytes = text, .at_end = true, .flush = true}, {.known = true});
    Frame frame;
    while (framer->Next(&frame)) benchmark::DoNotOptimize(frame);
  }
  PerLine(state);
}

void CutMultiline(benchmark::State& state, const MultilineOptions& options) {
  Cut(state, {.multiline = options}, Traces());
}

BENCHMARK_CAPTURE(CutMultiline, start, MultilineOptions{.start = R"(^\d{4}-\d{2}-\d{2} )"});
BENCHMARK_CAPTURE(CutMultiline, continuation, MultilineOptions{.continuation = R"(^(\s|[a-z.]+[A-Z]\w*Exception))"});
BENCHMARK_CAPTURE(CutMultiline, indented, MultilineOptions{.indented = true});
BENCHMARK_CAPTURE(CutMultiline, java, MultilineOptions{.presets = {TraceKind::kJava}});
BENCHMARK_CAPTURE(CutMultiline, all_presets,
                  MultilineOptions{.presets = {TraceKind::kJava, TraceKind::kPython, TraceKind::kGo}});

void CutCri(benchmark::State& state) { Cut(state, {.container = Container::kCri}, ContainerLines()); }
BENCHMARK(CutCri);

void Redact(benchmark::State& state, uint8_t presets) {
  const Redactor redactor = *Redactor::Create({{.presets = presets}});
  std::vector<std::string> lines;
  for (int i = 0; i < kLines; ++i) {
    lines.push_back(R"({"time":"2026-11-20T09:15:39.123Z","level":"info","service":"checkout","msg":")" + LogLine(i) +
                    R"(","status":200,"took_ms":17,"note":"abcdefghijklmnopq"})");
  }
  std::vector<Secret> scratch;
  std::string out;
  for (auto _ : state) {
    for (const std::string& line : lines) benchmark::DoNotOptimize(redactor.Redact(line, &scratch, &out));
  }
  PerLine(state);
}

BENCHMARK_CAPTURE(Redact, card, kCardNumbers);
BENCHMARK_CAPTURE(Redact, token, kTokens);
BENCHMARK_CAPTURE(Redact, email, kEmails);
BENCHMARK_CAPTURE(Redact, all_three, kCardNumbers | kTokens | kEmails);

}  // namespace
}  // namespace sluice::agent

BENCHMARK_MAIN();
