#include "consumer/monitor/outbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/hash.h"
#include "base/severity.h"
#include "base/status.h"
#include "base/strings.h"
#include "consumer/monitor/alert_json.h"

namespace sluice::monitor {
namespace {

constexpr char kIdAttribute[] = "id";

std::string KeyOf(std::string_view topic, std::string_view id) { return StrCat(topic, std::string_view("\0", 1), id); }

v1::MonitorAlert ToProto(const Alert& alert) {
  v1::MonitorAlert proto;
  proto.set_rule(alert.rule);
  for (const auto& [name, value] : alert.group) {
    v1::MonitorLabel* const label = proto.add_group();
    label->set_name(name);
    label->set_value(value);
  }
  proto.set_resolved(alert.state == Alert::State::kResolved);
  proto.set_severity(alert.severity);
  proto.set_value(alert.value);
  proto.set_threshold(alert.threshold);
  proto.set_starts_at_unix_nano(absl::ToUnixNanos(alert.starts_at));
  if (proto.resolved()) proto.set_ends_at_unix_nano(absl::ToUnixNanos(alert.ends_at));
  proto.set_message(alert.message);
  for (const auto& [name, value] : alert.labels) (*proto.mutable_labels())[name] = value;
  return proto;
}

Alert FromProto(const v1::MonitorAlert& proto) {
  Alert alert;
  alert.rule = proto.rule();
  for (const v1::MonitorLabel& label : proto.group()) alert.group.emplace_back(label.name(), label.value());
  alert.state = proto.resolved() ? Alert::State::kResolved : Alert::State::kFiring;
  alert.severity = proto.severity();
  alert.value = proto.value();
  alert.threshold = proto.threshold();
  alert.starts_at = absl::FromUnixNanos(proto.starts_at_unix_nano());
  if (proto.resolved()) alert.ends_at = absl::FromUnixNanos(proto.ends_at_unix_nano());
  alert.message = proto.message();
  alert.labels = {proto.labels().begin(), proto.labels().end()};
  return alert;
}

}  // namespace

std::string AlertId(const Alert& alert) {
  std::string group;
  for (const auto& [name, value] : alert.group) StrAppend(&group, name.size(), ":", name, value.size(), ":", value);
  return absl::StrFormat("%s/%016x/%d/%s", alert.rule, Xxh3(group), absl::ToUnixNanos(alert.starts_at),
                         alert.state == Alert::State::kResolved ? "resolved" : "firing");
}

v1::LogRecord AlertRecord(const Alert& alert) {
  const bool resolved = alert.state == Alert::State::kResolved;
  v1::LogRecord record;
  record.set_time_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(resolved ? alert.ends_at : alert.starts_at)));
  record.set_severity(alert.severity);
  record.set_severity_text(std::string(SeverityName(alert.severity)));
  record.set_body(AlertJson(alert));
  (*record.mutable_attributes())["rule"] = alert.rule;
  (*record.mutable_attributes())["state"] = std::string(AlertStateName(alert.state));
  return record;
}

void Outbox::Publish(std::string_view topic, std::string_view id, v1::LogRecord record) {
  Add(topic, id, std::move(record), nullptr);
}

void Outbox::Raise(const Alert& alert) { Add(kAlertsTopic, AlertId(alert), AlertRecord(alert), &alert); }

void Outbox::Add(std::string_view topic, std::string_view id, v1::LogRecord record, const Alert* alert) {
  const std::string key = KeyOf(topic, id.substr(0, kIdBytesMax));
  if (by_id_.contains(key)) return;
  Entry entry;
  (*record.mutable_attributes())[kIdAttribute] = std::string(id.substr(0, kIdBytesMax));
  entry.content.set_topic(std::string(topic));
  entry.content.set_ours(active_);
  entry.content.set_id(std::string(id.substr(0, kIdBytesMax)));
  *entry.content.mutable_record() = std::move(record);
  if (alert != nullptr) *entry.content.mutable_alert() = ToProto(*alert);
  if (ahead_.contains(key)) {  // the active monitor was quicker
    Remember(entry.content);
    return;
  }
  if (!active_ && (waiting_ >= 2 * kWaitingMax || waiting_bytes_ >= 2 * kWaitingBytesMax)) {
    ++forgotten_;
    for (auto oldest = entries_.begin(); oldest != entries_.end(); ++oldest) {
      if (oldest->second.content.published()) continue;
      Erase(oldest);
      break;
    }
  }
  entry.bytes = entry.content.ByteSizeLong();
  waiting_bytes_ += entry.bytes;
  ++waiting_;
  by_id_[key] = next_;
  dirty_.emplace(next_, false);
  entries_.emplace(next_++, std::move(entry));
}

void Outbox::Erase(Entries::iterator entry) {
  if (!entry->second.content.published()) {
    --waiting_;
    waiting_bytes_ -= entry->second.bytes;
    by_id_.erase(KeyOf(entry->second.content.topic(), entry->second.content.id()));
  } else if (!entry->second.told) {
    --untold_;
  }
  dirty_.insert_or_assign(entry->first, entry->second.committed);
  entries_.erase(entry);
}

void Outbox::SeeInLog(std::string_view topic, std::string_view id) {
  const std::string key = KeyOf(topic, id);
  if (topic == kNotificationsTopic) ForgetTold(id);
  if (const auto found = by_id_.find(key); found != by_id_.end()) {
    Arrived(entries_.find(found->second));
    return;
  }
  if (active_ || !ahead_.insert(key).second) return;
  ahead_order_.push_back(key);
  if (ahead_order_.size() <= kAheadMax) return;
  ahead_.erase(ahead_order_.front());
  ahead_order_.pop_front();
}

void Outbox::Arrived(Entries::iterator entry) {
  v1::MonitorOutboxEntry& content = entry->second.content;
  if (!content.has_alert() || !content.ours()) {
    Remember(content);
    Erase(entry);
    return;
  }
  waiting_bytes_ -= entry->second.bytes;
  --waiting_;
  by_id_.erase(KeyOf(content.topic(), content.id()));
  content.set_published(true);
  ++untold_;
  dirty_.insert_or_assign(entry->first, entry->second.committed);
  if (telling() <= kTellingMax) return;
  for (auto oldest = entries_.begin(); oldest != entries_.end(); ++oldest) {
    if (!oldest->second.content.published()) continue;
    ++given_up_;
    Erase(oldest);
    return;
  }
}

void Outbox::Remember(const v1::MonitorOutboxEntry& content) {
  if (!content.has_alert() || active_) return;
  // It was read later than that it was told.
  if (ahead_.contains(KeyOf(kNotificationsTopic, content.id()))) return;
  if (unix_now_ - static_cast<int64_t>(content.record().time_unix_nano()) > kUntoldNanos) return;
  recent_.push_back({.at = now_, .content = content});
  if (recent_.size() > kTellingMax) recent_.pop_front();
}

void Outbox::ForgetTold(std::string_view id) {
  const auto told = std::find_if(recent_.begin(), recent_.end(), [&](const Recent& r) { return r.content.id() == id; });
  if (told != recent_.end()) recent_.erase(told);
}

void Outbox::SetActive(bool active) {
  if (active == active_) return;
  active_ = active;
  if (!active) return;
  for (auto& [number, entry] : entries_) {
    if (entry.content.ours()) continue;
    entry.content.set_ours(true);
    dirty_.insert_or_assign(number, entry.committed);
  }
  for (Recent& recent : recent_) {
    if (now_ - recent.at > kUntoldNanos) continue;
    Entry entry{.content = std::move(recent.content)};
    entry.content.set_published(true);
    entry.content.set_ours(true);
    ++untold_;
    dirty_.emplace(next_, false);
    entries_.emplace(next_++, std::move(entry));
  }
  recent_.clear();
}

void Outbox::Save(Commit* commit) {
  for (const auto& [number, was_committed] : dirty_) {
    const auto found = entries_.find(number);
    if (found != entries_.end()) {
      commit->PutEntry(number, found->second.content);
      found->second.committed = true;
    } else if (was_committed) {
      commit->DeleteEntry(number);
    }
  }
  dirty_.clear();
  while (!recent_.empty() && now_ - recent_.front().at > kUntoldNanos) recent_.pop_front();
}

absl::Status Outbox::Load(OutboxNumber number, v1::MonitorOutboxEntry entry) {
  if (number >= next_) return DataLoss("entry ", number, " of the outbox is beyond the state's ", next_);
  const size_t bytes = entry.ByteSizeLong();
  if (!entry.published()) {
    ++waiting_;
    waiting_bytes_ += bytes;
    by_id_[KeyOf(entry.topic(), entry.id())] = number;
  } else {
    ++untold_;
  }
  entries_.emplace(number, Entry{.content = std::move(entry), .bytes = bytes, .committed = true});
  return absl::OkStatus();
}

void Outbox::SendEach(const std::function<bool(const Item& item)>& send) {
  for (auto at = entries_.lower_bound(first_unsent_); at != entries_.end(); ++at) {
    Entry& entry = at->second;
    if (!entry.committed || dirty_.contains(at->first)) return;
    if (!entry.sent && !entry.content.published()) {
      if (!send({.number = at->first, .topic = entry.content.topic(), .record = entry.content.record()})) return;
      entry.sent = true;
    }
    first_unsent_ = at->first + 1;
  }
}

void Outbox::ForgetSent() {
  first_unsent_ = 0;
  for (auto& [number, entry] : entries_) entry.sent = false;
}

void Outbox::SentIsDurable() {
  std::vector<OutboxNumber> sent;
  for (const auto& [number, entry] : entries_) {
    if (entry.sent && !entry.content.published()) sent.push_back(number);
  }
  for (const OutboxNumber number : sent) Arrived(entries_.find(number));
}

void Outbox::TellEach(const std::function<void(OutboxNumber number, const Alert& alert)>& tell) {
  if (!active_ || untold_ == 0) return;
  for (auto& [number, entry] : entries_) {
    if (!entry.content.published() || entry.told || !entry.committed || dirty_.contains(number)) continue;
    entry.told = true;
    --untold_;
    tell(number, FromProto(entry.content.alert()));
  }
}

void Outbox::Done(OutboxNumber number) {
  const auto found = entries_.find(number);
  if (found == entries_.end()) return;
  const std::string id = found->second.content.id();
  const Alert alert = FromProto(found->second.content.alert());
  Erase(found);
  if (!active_) return;  // who is now tells it, too
  v1::LogRecord record = AlertRecord(alert);
  record.set_time_unix_nano(static_cast<uint64_t>(unix_now_));
  Publish(kNotificationsTopic, id, std::move(record));
}

}  // namespace sluice::monitor
