#include "consumer/cli/alerts_view.h"

#include <algorithm>

#include "base/strings.h"
#include "base/text.h"
#include "consumer/cli/color.h"
#include "consumer/cli/human.h"
#include "consumer/cli/table.h"
#include "consumer/monitor/alert_json.h"

namespace sluice::cli {
namespace {

using monitor::Alert;
using Align = Table::Align;

std::string Painted(std::string_view text, std::string_view color, bool use_color) {
  return use_color && !color.empty() ? StrCat(color, text, kReset) : std::string(text);
}

}  // namespace

void FiringAlerts::Take(const Alert& alert) {
  const Identity identity = {alert.starts_at, alert.rule, alert.group};
  if (alert.state == Alert::State::kResolved) {
    firing_.erase(identity);
    return;
  }
  firing_.insert_or_assign(identity, alert);
  if (firing_.size() > kMax) firing_.erase(firing_.begin());
}

std::vector<Alert> FiringAlerts::All() const {
  std::vector<Alert> alerts;
  alerts.reserve(firing_.size());
  for (const auto& [identity, alert] : firing_) alerts.push_back(alert);
  std::ranges::sort(alerts, [](const Alert& a, const Alert& b) {
    return std::tie(b.severity, b.starts_at, a.rule, a.group) < std::tie(a.severity, a.starts_at, b.rule, b.group);
  });
  return alerts;
}

std::string FiringTable(const std::vector<Alert>& alerts, absl::Time now, const AlertsLook& look) {
  Table table({{"SEVERITY"},
               {"RULE"},
               {"GROUP"},
               {"SINCE", Align::kRight},
               {"VALUE", Align::kRight},
               {"THRESHOLD", Align::kRight},
               {"MESSAGE"}});
  for (const Alert& alert : alerts) {
    table.AddRow({{OrDash(monitor::AlertSeverityName(alert.severity)), SeverityColor(alert.severity)},
                  {alert.rule},
                  {OrDash(monitor::AlertGroupText(alert))},
                  {HumanAge(now - alert.starts_at)},
                  {monitor::AlertFigure(alert.value)},
                  {monitor::AlertFigure(alert.threshold)},
                  {alert.message}});
  }
  return table.Render(look.color);
}

std::string AlertLine(const Alert& alert, const AlertsLook& look) {
  const bool fires = alert.state == Alert::State::kFiring;
  const absl::Time time = fires ? alert.starts_at : alert.ends_at;
  std::string name = alert.rule;
  if (!alert.group.empty()) StrAppend(&name, " {", monitor::AlertGroupText(alert), "}");
  std::string line = Painted(absl::FormatTime("%Y-%m-%d %H:%M:%S", time, look.zone), kDim, look.color);
  StrAppend(&line, "  ",
            Painted(fires ? "firing  " : "resolved", fires ? SeverityColor(alert.severity) : kGreen, look.color), "  ");
  std::string visible;
  AppendVisible(name, /*strip_cr=*/false, &visible);
  StrAppend(&line, Painted(visible, kBold, look.color), "  ");
  AppendVisible(alert.message, /*strip_cr=*/false, &line);
  if (!fires) {
    line += Painted(StrCat("  (", HumanDuration(alert.ends_at - alert.starts_at), ")"), kDim, look.color);
  }
  return line + "\n";
}

}  // namespace sluice::cli
