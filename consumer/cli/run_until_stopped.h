// Work that a signal, or a reader who went away, stops.
#pragma once

#include <functional>

#include "base/program.h"

namespace sluice::cli {

// Runs `work` on another thread while this one, main's, waits for what stops it: SIGINT, SIGTERM, or that nobody reads
// the pipe on standard output any more. Then it calls `cancel`, upon which `work` must return soon. Returns what `work`
// returned, or kExitOk if it still hangs in a write that nobody takes two seconds after the signal.
int RunUntilStopped(StopSignal* stop, const std::function<int()>& work, const std::function<void()>& cancel);

}  // namespace sluice::cli
