#include "consumer/cli/stats_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "consumer/cli/color.h"
#include "consumer/cli/human.h"
#include "consumer/cli/table.h"

namespace sluice::cli {
namespace {

using Align = Table::Align;

constexpr double kErrorRateBad = 0.05;
constexpr size_t kBarMax = 24;
// Lines above the sections, their header, and the line below.
constexpr size_t kLinesAround = 8;
// What the columns of the sections' table before the bar take, besides the names.
constexpr size_t kColumnsWidth = 60;

double SecondsOf(const AccessStats& stats) { return absl::ToDoubleSeconds(stats.to - stats.from); }

// "1,234", "12.3", "0.4".
std::string Rate(double rate) {
  return rate >= 99.95 ? HumanCount(static_cast<uint64_t>(std::llround(rate))) : absl::StrFormat("%.1f", rate);
}

std::string BytesRate(uint64_t bytes, double seconds) {
  return StrCat(HumanBytes(static_cast<uint64_t>(std::llround(static_cast<double>(bytes) / seconds))), "/s");
}

std::string Percent(double share) { return absl::StrFormat("%.1f %%", 100 * share); }

// "850 µs", "12 ms", "1.25 s".
std::string LatencyText(double seconds) {
  if (seconds < 0.001) return absl::StrFormat("%.0f µs", seconds * 1e6);
  if (seconds < 0.0995) return absl::StrFormat("%.3g ms", seconds * 1e3);
  if (seconds < 0.9995) return absl::StrFormat("%.0f ms", seconds * 1e3);
  return absl::StrFormat("%.3g s", seconds);
}

std::string_view ErrorColor(double share) {
  return share == 0 ? std::string_view() : share < kErrorRateBad ? kYellow : kRed;
}

// Pieces of text with their colours, in a line.
class Line {
 public:
  Line(bool color, std::string* out) : color_(color), out_(out) {}
  Line& Add(std::string_view text, std::string_view color = {}) {
    const bool colored = color_ && !color.empty();
    if (colored) *out_ += color;
    *out_ += text;
    if (colored) *out_ += kReset;
    return *this;
  }
  // A figure and what it is of.
  Line& Figure(std::string_view figure, std::string_view unit, std::string_view color = {}) {
    if (!first_) *out_ += "   ";
    first_ = false;
    return Add(figure, color.empty() ? kBold : color).Add(" ").Add(unit, kDim);
  }
  Line& NamedFigure(std::string_view name, std::string_view figure, std::string_view color = {}) {
    if (!first_) *out_ += "   ";
    first_ = false;
    return Add(name, kDim).Add(" ").Add(figure, color.empty() ? kBold : color);
  }
  void End() { *out_ += '\n'; }

 private:
  const bool color_;
  std::string* const out_;
  bool first_ = true;
};

// A bar of eighths of a character.
std::string Bar(double share, size_t width) {
  constexpr std::array<std::string_view, 9> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
  const auto eighths = static_cast<size_t>(std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(width) * 8));
  std::string bar;
  for (size_t i = 0; i < eighths / 8; ++i) bar += kEighths[8];
  bar += kEighths[eighths % 8];
  return bar;
}

// The rate of hits over time, a character an interval; a gap where there was none.
std::string Graph(const std::deque<AccessStats>& history, size_t width, double* peak) {
  constexpr std::array<std::string_view, 8> kLevels = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const AccessStats& last = history.back();
  const absl::Duration interval = last.to - last.from;
  std::vector<double> rates(width, -1);
  *peak = 0;
  for (const AccessStats& stats : history) {
    const int64_t back = (last.from - stats.from) / interval;
    if (back < 0 || back >= static_cast<int64_t>(width)) continue;
    rates[width - 1 - static_cast<size_t>(back)] = stats.hits_per_second;
    *peak = std::max(*peak, stats.hits_per_second);
  }
  std::string graph;
  bool begun = false;
  for (double rate : rates) {
    begun |= rate >= 0;
    if (!begun) continue;
    const double share = *peak > 0 ? rate / *peak : 0;
    graph += rate < 0 ? " " : kLevels[std::min<size_t>(7, static_cast<size_t>(share * 8))];
  }
  return graph;
}

std::string_view StatusColor(std::string_view status) {
  if (status == "5xx") return kRed;
  if (status == "4xx") return kYellow;
  if (status == "2xx") return kGreen;
  return {};
}

void AppendHead(const AccessStats& last, absl::Time now, const StatsLook& look, std::string* out) {
  const auto clock = [&](absl::Time time) { return absl::FormatTime("%H:%M:%S", time, look.zone); };
  Line(look.color, out)
      .Add("Access logs", kBold)
      .Add(StrCat("  ", absl::FormatTime("%Y-%m-%d ", last.from, look.zone), clock(last.from), " – ", clock(last.to)))
      .Add(StrCat("  (", HumanDuration(last.to - last.from), ", ended ", HumanAge(now - last.to), ")"), kDim)
      .End();
  *out += '\n';
}

void AppendFigures(const AccessStats& last, const StatsLook& look, std::string* out) {
  Line line(look.color, out);
  line.Figure(Rate(last.hits_per_second), "hits/s")
      .Figure(BytesRate(last.bytes, SecondsOf(last)), "sent")
      .Figure(HumanCount(last.unique_clients), last.unique_clients == 1 ? "client" : "clients")
      .NamedFigure("errors", Percent(last.error_rate), ErrorColor(last.error_rate));
  if (last.latency.has_value()) {
    line.NamedFigure("p50", LatencyText(last.latency->p50))
        .NamedFigure("p90", LatencyText(last.latency->p90))
        .NamedFigure("p99", LatencyText(last.latency->p99));
  }
  line.End();
}

void AppendGraph(const std::deque<AccessStats>& history, const StatsLook& look, std::string* out) {
  double peak = 0;
  const std::string graph = Graph(history, std::min(kStatsHistory, look.width > 40 ? look.width - 30 : 10), &peak);
  Line(look.color, out).Add(graph, "\x1b[36m").Add(StrCat("  peak ", Rate(peak), " hits/s"), kDim).End();
}

void AppendCounts(const AccessStats& last, const StatsLook& look, std::string* out) {
  Line line(look.color, out);
  for (const auto& [name, count] : last.statuses) line.NamedFigure(name, HumanCount(count), StatusColor(name));
  for (const auto& [name, count] : last.methods) line.NamedFigure(name, HumanCount(count));
  line.End();
  *out += '\n';
}

void AppendSections(const AccessStats& last, const StatsLook& look, std::string* out) {
  Table table({{"SECTION"},
               {"HITS", Align::kRight},
               {"HITS/S", Align::kRight},
               {"SENT", Align::kRight},
               {"ERRORS", Align::kRight},
               {"SHARE", Align::kRight},
               {""}});
  const size_t rows = look.height > kLinesAround + 1 ? look.height - kLinesAround : 1;
  const size_t bar = std::clamp<size_t>(look.width > kColumnsWidth ? look.width - kColumnsWidth : 4, 4, kBarMax);
  const uint64_t most = last.sections.empty() ? 1 : std::max<uint64_t>(last.sections.front().hits, 1);
  for (const AccessStats::Section& section : last.sections) {
    if (&section - last.sections.data() >= static_cast<std::ptrdiff_t>(rows)) break;
    const double share = last.hits == 0 ? 0 : static_cast<double>(section.hits) / static_cast<double>(last.hits);
    const double errors =
        section.hits == 0 ? 0 : static_cast<double>(section.errors) / static_cast<double>(section.hits);
    table.AddRow({{section.name, "\x1b[36m"},
                  {StrCat(section.hits_error > 0 ? "≤ " : "", HumanCount(section.hits))},
                  {Rate(static_cast<double>(section.hits) / SecondsOf(last))},
                  {BytesRate(section.bytes, SecondsOf(last))},
                  {Percent(errors), ErrorColor(errors)},
                  {Percent(share)},
                  {Bar(static_cast<double>(section.hits) / static_cast<double>(most), bar), kGreen}});
  }
  *out += table.Render(look.color);
}

void AppendLeftOut(const AccessStats& last, const StatsLook& look, std::string* out) {
  if (last.malformed + last.late + last.ahead == 0) return;
  Line line(look.color, out);
  if (last.malformed > 0) line.Figure(HumanCount(last.malformed), "malformed", kYellow);
  if (last.late > 0) line.Figure(HumanCount(last.late), "late", kYellow);
  if (last.ahead > 0) line.Figure(HumanCount(last.ahead), "of the future", kYellow);
  line.End();
}

}  // namespace

std::string StatsText(const std::deque<AccessStats>& history, absl::Time now, const StatsLook& look) {
  const AccessStats& last = history.back();
  std::string out;
  AppendHead(last, now, look, &out);
  AppendFigures(last, look, &out);
  AppendGraph(history, look, &out);
  AppendCounts(last, look, &out);
  AppendSections(last, look, &out);
  AppendLeftOut(last, look, &out);
  return out;
}

}  // namespace sluice::cli
