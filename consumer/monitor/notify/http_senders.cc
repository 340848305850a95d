#include "consumer/monitor/notify/http_senders.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/hmac.h"
#include "base/http_client.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "consumer/monitor/alert_json.h"

namespace sluice::monitor {
namespace {

absl::Duration Seconds(const std::string& text) {
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && seconds > 0 ? absl::Seconds(seconds) : absl::ZeroDuration();
}

// A label's name at Prometheus: letters, digits and '_'.
std::string LabelName(std::string name) {
  for (char& c : name) {
    const bool good = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
    if (!good) c = '_';
  }
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name.insert(0, "_");
  return name;
}

SendResult Post(const HttpTarget& target, std::string body, std::vector<std::pair<std::string, std::string>> headers,
                const Cancellation* cancellation) {
  headers.insert(headers.end(), target.headers.begin(), target.headers.end());
  headers.emplace_back("Content-Type", "application/json");
  absl::StatusOr<HttpResponse> response = HttpPost({.url = target.url,
                                                    .body = std::move(body),
                                                    .headers = std::move(headers),
                                                    .timeout = target.timeout,
                                                    .ca_file = target.ca_file},
                                                   cancellation);
  if (!response.ok()) return {.status = response.status()};
  const int status = response->status;
  if (status >= 200 && status < 300) return {.status = absl::OkStatus()};
  const std::string problem = StrCat("the server answered ", status, " ", Quoted(response->body));
  const bool for_now = status == 408 || status == 425 || status == 429 || status >= 500;
  if (!for_now) return {.status = FailedPrecondition(problem)};
  return {.status = Unavailable(problem), .retry_after = Seconds(response->retry_after)};
}

class Webhook final : public Sender {
 public:
  Webhook(HttpTarget target, std::string secret) : target_(std::move(target)), secret_(std::move(secret)) {}

  SendResult Send(const std::vector<Alert>& alerts, absl::Time now, const Cancellation* cancellation) override {
    const bool fires = std::ranges::any_of(alerts, [](const Alert& a) { return a.state == Alert::State::kFiring; });
    std::string body = StrCat("{\"version\":1,\"status\":\"", fires ? "firing" : "resolved", "\",\"alerts\":[");
    for (const Alert& alert : alerts) StrAppend(&body, &alert == &alerts.front() ? "" : ",", AlertJson(alert));
    body += "]}";
    std::vector<std::pair<std::string, std::string>> headers;
    if (!secret_.empty()) {
      const std::string timestamp = StrCat(absl::ToUnixSeconds(now));
      headers.emplace_back("X-Sluice-Timestamp", timestamp);
      headers.emplace_back("X-Sluice-Signature",
                           StrCat("sha256=", HmacSha256Hex(secret_, StrCat(timestamp, ".", body))));
    }
    return Post(target_, std::move(body), std::move(headers), cancellation);
  }

 private:
  const HttpTarget target_;
  const std::string secret_;
};

class Alertmanager final : public Sender {
 public:
  Alertmanager(HttpTarget target, absl::Duration expiry) : target_(std::move(target)), expiry_(expiry) {
    while (target_.url.ends_with('/')) target_.url.pop_back();
    target_.url += "/api/v2/alerts";
  }

  SendResult Send(const std::vector<Alert>& alerts, absl::Time now, const Cancellation* cancellation) override {
    std::string body = "[";
    for (const Alert& alert : alerts) StrAppend(&body, body.size() > 1 ? "," : "", ToJson(alert, now));
    return Post(target_, body + "]", {}, cancellation);
  }

 private:
  std::string ToJson(const Alert& alert, absl::Time now) const {
    std::map<std::string, std::string> labels;
    for (const auto& [name, value] : alert.labels) labels[LabelName(name)] = value;
    for (const auto& [name, value] : alert.group) labels[LabelName(name)] = value;
    labels["alertname"] = alert.rule;
    if (std::string severity = AlertSeverityName(alert.severity); !severity.empty()) labels["severity"] = severity;
    std::string json = "{\"labels\":{";
    for (const auto& [name, value] : labels) {
      if (value.empty()) continue;  // the same as none, to Alertmanager
      if (!json.ends_with('{')) json += ',';
      AppendJsonString(name, &json);
      json += ':';
      AppendJsonString(value, &json);
    }
    json += "},\"annotations\":{\"summary\":";
    AppendJsonString(alert.message, &json);
    StrAppend(&json, ",\"value\":\"", AlertFigure(alert.value), "\",\"threshold\":\"", AlertFigure(alert.threshold),
              "\"}");
    const absl::Time ends_at = alert.state == Alert::State::kResolved ? alert.ends_at : now + expiry_;
    StrAppend(&json, ",\"startsAt\":\"", AlertTime(alert.starts_at), "\",\"endsAt\":\"", AlertTime(ends_at), "\"}");
    return json;
  }

  HttpTarget target_;
  const absl::Duration expiry_;
};

}  // namespace

std::unique_ptr<Sender> NewWebhook(HttpTarget target, std::string secret) {
  return std::make_unique<Webhook>(std::move(target), std::move(secret));
}

std::unique_ptr<Sender> NewAlertmanager(HttpTarget target, absl::Duration expiry) {
  return std::make_unique<Alertmanager>(std::move(target), expiry);
}

}  // namespace sluice::monitor
