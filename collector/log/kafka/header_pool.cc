#include "collector/log/kafka/header_pool.h"

#include <utility>

namespace sluice::collector::kafka {
namespace {

// Of files that had a turn lately.
constexpr size_t kNumbersMax = 10'000;

}  // namespace

void HeaderPool::Begin(const HeaderWriter* writer) {
  writer_ = writer;
  shelves_ = &shapes_[writer->shared_shape()];
  if (numbers_.size() >= kNumbersMax) numbers_.clear();
  uint64_t& number = numbers_[writer->shared_text()];
  if (number == 0) number = ++last_number_;
  number_ = number;
}

HeaderPool::Lent* HeaderPool::Take(const OwnHeaders& own) {
  const auto shape = static_cast<uint32_t>(own.severity << 16 | own.offset_size << 8 | own.ours_size);
  std::unique_ptr<Shelf>& entry = (*shelves_)[shape];
  if (entry == nullptr) entry = std::make_unique<Shelf>();
  Shelf* const shelf = entry.get();
  ++shelf->lent;
  if (shelf->spare.empty()) {
    if (blank_.empty()) blank_.push_back(&all_.emplace_back());
    Lent* const made = blank_.back();
    blank_.pop_back();
    made->headers = writer_->Make(own);
    made->places = writer_->PlacesIn(made->headers.get(), own);
    made->shared = number_;
    made->shelf = shelf;
    return made;
  }
  Lent* const lent = shelf->spare.back();
  shelf->spare.pop_back();
  --spare_;
  // Another core has read them last: nothing is written that is there already.
  if (std::exchange(lent->shared, number_) != number_) writer_->FillShared(lent->places);
  HeaderWriter::FillOwn(own, lent->places);
  return lent;
}

void HeaderPool::GiveBack(Lent* lent) {
  Shelf* const shelf = lent->shelf;
  --shelf->lent;
  if (lent->headers == nullptr) return blank_.push_back(lent);
  shelf->spare.push_back(lent);
  if (++spare_ > kSpareMax) Clear();
}

void HeaderPool::Clear() {
  for (auto shape = shapes_.begin(); shape != shapes_.end();) {
    Shelves& shelves = shape->second;
    for (auto& [own, shelf] : shelves) {
      for (Lent* lent : shelf->spare) lent->headers.reset();
      blank_.insert(blank_.end(), shelf->spare.begin(), shelf->spare.end());
      shelf->spare.clear();
    }
    absl::erase_if(shelves, [](const auto& entry) { return entry.second->lent == 0; });
    const auto last = shape++;
    if (shelves.empty()) shapes_.erase(last);
  }
  spare_ = 0;
}

}  // namespace sluice::collector::kafka
