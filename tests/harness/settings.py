"""How this run was asked for; `./dev test` sets the environment, plain pytest takes the defaults."""

import os
import pathlib
import random

from tools.workspace import CACHE, ROOT

BIN = pathlib.Path(os.environ.get("SLUICE_BIN") or ROOT / "bazel-bin")
SANITIZER = os.environ.get("SLUICE_SANITIZER", "")
LONG = bool(os.environ.get("SLUICE_LONG"))
TIMEOUT_SCALE = float(os.environ.get("SLUICE_TIMEOUT_SCALE") or 1)

AGENT = BIN / "agent/sluice-agent"
COLLECTOR = BIN / "collector/sluice-collector"
CLI = BIN / "consumer/sluice"


__all__ = ["CACHE", "ROOT", "scaled", "seed", "sanitizer_environment"]


def scaled(seconds: float) -> float:
    """A time-out for this run: programs under a sanitizer get more."""
    return seconds * TIMEOUT_SCALE


def seed() -> int:
    """SLUICE_SEED, or a new one; printed, so that a failure can be repeated."""
    value = int(os.environ.get("SLUICE_SEED") or random.SystemRandom().randrange(1 << 31))
    print(f"SLUICE_SEED={value}")
    return value


def sanitizer_environment() -> dict[str, str]:
    if SANITIZER == "tsan":
        return {"TSAN_OPTIONS": f"suppressions={ROOT}/tests/tsan.supp ignore_noninstrumented_modules=1 history_size=4"}
    if SANITIZER == "asan":
        return {
            "ASAN_OPTIONS": "detect_leaks=1",
            "LSAN_OPTIONS": f"suppressions={ROOT}/tests/lsan.supp",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }
    return {}
