#include "consumer/monitor/rules/line.h"

#include "consumer/monitor/access/section.h"

namespace sluice::monitor {

std::optional<std::string_view> Line::Attribute(std::string_view name) const {
  std::optional<std::string_view> found;
  // A key that comes twice: its last value counts.
  for (const client::StringMapView::Entry& entry : record_->attributes()) {
    if (entry.key == name) found = entry.value;
  }
  if (found) return found;
  if (!json_set_) json_->Set(record_->body());
  json_set_ = true;
  return json_->Find(name);
}

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
