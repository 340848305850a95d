// Aligned columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

// Not thread-safe.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string name;
    Align align = Align::kLeft;
  };
  struct Cell {
    std::string text;
    std::string_view color = {};  // an escape sequence of color.h, or none
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell a column. Control characters of the text are made visible.
  void AddRow(std::vector<Cell> cells);
  bool empty() const { return rows_.empty(); }
  // The header and the rows, each with its newline; nothing stands behind the last column's text.
  std::string Render(bool color) const;

 private:
  const std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace sluice::cli
