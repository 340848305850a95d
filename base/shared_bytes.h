// Bytes that several owners look at and nobody copies.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice {

// A view and what keeps it alive. Cheap to copy; the bytes never change. Thread-safe as std::shared_ptr is.
class SharedBytes {
 public:
  SharedBytes() = default;
  SharedBytes(std::shared_ptr<const void> owner, std::string_view view) : owner_(std::move(owner)), view_(view) {}
  static SharedBytes FromString(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    std::string_view view = *owner;
    return SharedBytes(std::move(owner), view);
  }

  std::string_view view() const { return view_; }
  size_t size() const { return view_.size(); }
  // A part of it: `part` must lie inside view().
  SharedBytes Part(std::string_view part) const { return SharedBytes(owner_, part); }

 private:
  std::shared_ptr<const void> owner_;
  std::string_view view_;
};

}  // namespace sluice
