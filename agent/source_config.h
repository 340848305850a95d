// The parts of a source's configuration that say what becomes of its lines: framing, processing, labels.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "agent/source/source.h"
#include "base/config.h"

namespace sluice::agent {

// encoding, multiline. What is wrong is added to the node's file.
void ReadFraming(const ConfigNode& node, FramingOptions* options);
// keep, drop, sample, redact.
void ReadProcessing(const ConfigNode& node, ProcessOptions* options);
// labels, with ${NAME} of the environment filled in; ${HOSTNAME} is the host's name, whatever the environment says.
std::map<std::string, std::string> ReadLabels(const ConfigNode& node, const std::string& host);

// `text` with ${NAME} filled in; "$$" is a '$'. InvalidArgument names what is not set or not closed.
absl::StatusOr<std::string> ExpandEnvironment(const std::string& text, const std::string& host);

}  // namespace sluice::agent
