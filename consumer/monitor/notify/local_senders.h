// Alerts told on this host: on standard error, to a command, by a sound.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "consumer/monitor/notify/sender.h"

namespace sluice::monitor {

// A line of the program's log for each alert.
std::unique_ptr<Sender> NewStderrSender();

// Runs a program for each alert, without a shell: the alert's JSON is its standard input, and its environment has
// SLUICE_ALERT_RULE, _STATE, _SEVERITY, _VALUE, _THRESHOLD, _STARTS_AT, _ENDS_AT, _MESSAGE and _GROUP (JSON). Killed
// after `timeout`. What exits with something else than 0 is not run again.
std::unique_ptr<Sender> NewCommandSender(std::vector<std::string> argv, absl::Duration timeout);

// The terminal's bell if `file` is empty, else plays the file through paplay, or aplay where there is no paplay. One
// sound for the alerts that come together; none for those that end.
std::unique_ptr<Sender> NewSoundSender(std::string file, absl::Duration timeout);

}  // namespace sluice::monitor
