#include "consumer/monitor/rules/line.h"

#include "consumer/monitor/access/section.h"

namespace sluice::monitor {

const AccessHit* Line::access() const {
  if (state_ == AccessState::kNotRead) {
    const bool hit = reader_->Read(*record_, &hit_) == AccessResult::kHit;
    state_ = hit ? AccessState::kRead : AccessState::kNone;
  }
  return state_ == AccessState::kRead ? &hit_ : nullptr;
}

std::string_view Line::AccessPath() const { return hit_.target.substr(0, hit_.target.find('?')); }

std::string_view Line::AccessSection() const { return SectionOf(hit_.target, &section_); }

std::string_view Line::AccessStatus() const {
  if (hit_.status < 100 || hit_.status > 999) return {};
  status_[0] = static_cast<char>('0' + hit_.status / 100);
  status_[1] = static_cast<char>('0' + hit_.status / 10 % 10);
  status_[2] = static_cast<char>('0' + hit_.status % 10);
  return {status_, sizeof(status_)};
}

}  // namespace sluice::monitor
