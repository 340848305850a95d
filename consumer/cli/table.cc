#include "consumer/cli/table.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "consumer/cli/color.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kGap = "  ";

// Characters, not bytes: names of hosts and paths may be in any script.
size_t WidthOf(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

}  // namespace

void Table::AddRow(std::vector<Cell> cells) {
  for (Cell& cell : cells) {
    std::string visible;
    AppendVisible(cell.text, false, &visible);
    cell.text = std::move(visible);
  }
  rows_.push_back(std::move(cells));
}

std::string Table::Render(bool color) const {
  std::vector<Cell> header;
  header.reserve(columns_.size());
  for (const Column& column : columns_) header.push_back({.text = column.name, .color = kBold});
  std::vector<size_t> widths(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    widths[i] = WidthOf(header[i].text);
    for (const std::vector<Cell>& row : rows_) widths[i] = std::max(widths[i], WidthOf(row[i].text));
  }

  std::string out;
  auto append_row = [&](const std::vector<Cell>& row) {
    for (size_t i = 0; i < row.size(); ++i) {
      const bool left = columns_[i].align == Align::kLeft;
      const std::string padding(widths[i] - WidthOf(row[i].text), ' ');
      if (i > 0) out += kGap;
      if (!left) out += padding;
      const bool colored = color && !row[i].color.empty();
      if (colored) out += row[i].color;
      out += row[i].text;
      if (colored) out += kReset;
      if (left && i + 1 < row.size()) out += padding;
    }
    out += '\n';
  };
  append_row(header);
  for (const std::vector<Cell>& row : rows_) append_row(row);
  return out;
}

}  // namespace sluice::cli
