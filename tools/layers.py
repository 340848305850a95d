"""The rules of the source tree that a compiler does not hold: who may include whom, and what no file may contain.

    tools/layers.py            prints one line a violation; exit 1 if there is any

The rules are ARCHITECTURE.md's, as data: PROGRAMS, EDGES and PATTERNS below.
"""

import os
import pathlib
import re
import subprocess
import sys
from typing import Iterator, NamedTuple

# The folders that a folder's files may include, besides themselves, base and proto. Not listed: none. A program's own
# folder (agent/, …) is its wiring and may include all below it; nothing below includes the wiring.
USES = {
    "agent/checkpoint": ("agent/metrics",),
    "agent/discover": ("agent/metrics", "agent/source", "agent/tail"),
    "agent/events": ("agent/metrics", "agent/tail"),
    "agent/reload": ("agent/source",),
    "agent/ship": ("agent/link", "agent/metrics"),
    "agent/source": ("agent/frame", "agent/limits", "agent/parse", "agent/process"),
    "agent/tail": (
        "agent/encode",
        "agent/frame",
        "agent/limits",
        "agent/link",
        "agent/metrics",
        "agent/parse",
        "agent/process",
        "agent/source",
    ),
    "collector/direct": ("collector/ingest", "collector/log", "collector/route", "collector/support"),
    "collector/ingest": ("collector/log", "collector/route", "collector/support"),
    "collector/log/kafka": ("collector/log",),
    "collector/log/rocksdb": ("collector/log",),
    "collector/route": ("collector/log",),
    "collector/subscribe": ("collector/log", "collector/support"),
    "collector/subscribe/groups": ("collector/log", "collector/subscribe", "collector/support"),
    "consumer/cli": ("consumer/client", "consumer/generate", "consumer/monitor", "consumer/monitor/notify"),
    # The monitor's own folder wires its parts; its parts know nothing but stage.h there.
    "consumer/monitor": (
        "consumer/client",
        "consumer/monitor/access",
        "consumer/monitor/heartbeat",
        "consumer/monitor/notify",
        "consumer/monitor/rules",
        "consumer/monitor/state",
    ),
    "consumer/monitor/access": ("consumer/client", "consumer/monitor", "consumer/monitor/sketch"),
    "consumer/monitor/heartbeat": ("consumer/client", "consumer/monitor", "consumer/monitor/rules"),
    "consumer/monitor/notify": ("consumer/monitor",),
    "consumer/monitor/rules": (
        "consumer/client",
        "consumer/monitor",
        "consumer/monitor/access",
        "consumer/monitor/sketch",
    ),
    "consumer/monitor/state": ("consumer/monitor",),
}
PROGRAMS = ("agent", "collector", "consumer")
# These stand above the programs and may include anything.
ABOVE = ("bench", "examples", "tests")

# A library that has a home: the headers that show its use, and where these may be included.
EDGES = {
    "gRPC": (
        r"grpcpp/.*|grpc/.*|.*\.grpc\.pb\.h",
        r"agent/ship/|collector/direct/otlp_|collector/ingest/|collector/subscribe/|collector/server/|collector/[^/]*$|consumer/client/"
        r"|bench/|examples/|(agent|collector|consumer)/testing/",
    ),
    "RocksDB": (r"rocksdb/.*", r"base/rocksdb_log\.|collector/log/rocksdb/|consumer/monitor/state/|bench/"),
    "librdkafka": (r"librdkafka/.*", r"collector/log/kafka/|bench/"),
    "libcurl": (r"curl/.*", r"base/http_client\.cc$"),
    "prometheus-cpp's exposer": (r"prometheus/exposer\.h", r"^$"),
    "the system's calls": (
        r"unistd\.h|fcntl\.h|poll\.h|signal\.h|csignal|pthread\.h|dirent\.h|time\.h|sys/.*|linux/.*|netinet/.*|arpa/.*",
        # The command line writes to the descriptor that is its standard output.
        r"base/|bench/|consumer/cli/output\.cc$|.*_test\.cc$|.*/testing[_/][^/]*$",
    ),
}


class Pattern(NamedTuple):
    """Something that no line may hold, but in the files that `allowed` matches."""

    found: str
    why: str
    files: str = r".*\.(cc|h)$"
    allowed: str = r"^$"


PATTERNS = [
    # Spelled so that this file does not trip over itself.
    Pattern(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", "finish it, or open an issue", files=r".*", allowed=r"LICENSE$"),
    Pattern(
        r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep)\s*\(",
        "wait for what you wait for; time comes from base/clock.h",
        allowed=r"base/|bench/",
    ),
    Pattern(
        r"\babsl::Now\(\)|_clock::now\(\)|\bclock_gettime\(|\bgettimeofday\(",
        # gRPC's deadlines are moments of the host's clock.
        "time is passed in (base/clock.h)",
        allowed=r"base/|bench/|examples/|agent/ship/|consumer/client/|.*_test\.cc$",
    ),
    Pattern(
        r"\bstd::(mutex|shared_mutex|recursive_mutex|condition_variable)\b|\babsl::(Mutex|CondVar)\b",
        "use sluice::Mutex (base/mutex.h), which the lock analysis knows",
        allowed=r"base/mutex",
    ),
    Pattern(r"\.detach\(\)", "no detached threads: Stop() joins"),
    Pattern(r'#include "\.\.?/', "include from the root of the repository"),
    Pattern(r"\bglob\(", "name the files of a target", files=r".*BUILD(\.bazel)?$"),
    Pattern(r"[ \t]+$", "blanks at the end of a line", files=r".*\.(cc|h|proto|bzl|bazel|py|sh|md|yaml)$"),
]

LINES_MAX = 400
# Of tests, which are lists of cases.
LINES_MAX_TEST = 500
TEST = re.compile(r".*(_test|_test_suite)\.cc$|.*/testing[_/][^/]*$")
INCLUDE = re.compile(r'^\s*#include\s+[<"]([^>"]+)[>"]')


class Violation(NamedTuple):
    path: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}"


def include_problem(path: str, header: str) -> str | None:
    """Why the file at `path` may not include `header`; None if it may."""
    for library, (headers, homes) in EDGES.items():
        if re.fullmatch(headers, header) and not re.match(homes, path):
            return f"{library} is not used here ({header}); it has a home"
    here, there = path.rpartition("/")[0], header.rpartition("/")[0]
    if there.split("/")[0] not in PROGRAMS or here == there or here.split("/")[0] in ABOVE:
        return None
    if here in PROGRAMS and there.startswith(here + "/"):
        return None
    if there in USES.get(here, ()):
        return None
    # What the tests of a program share stands above all of it, and only tests use it.
    program = here.split("/")[0]
    if here == f"{program}/testing" and (there + "/").startswith(program + "/"):
        return None
    if there == f"{program}/testing" and TEST.match(path):
        return None
    return f"{here} does not use {there} ({header}); what may be used stands in tools/layers.py"


def check_file(path: str, text: str, machine_paths: list[str]) -> Iterator[Violation]:
    lines = text.splitlines()
    is_code = path.endswith((".cc", ".h"))
    lines_max = LINES_MAX_TEST if TEST.match(path) else LINES_MAX
    if path.endswith(".cc") and len(lines) > lines_max:
        yield Violation(path, lines_max + 1, f"{len(lines)} lines; a file is read in one sitting, {lines_max} at most")
    if path.endswith(".h") and "#pragma once" not in lines:
        yield Violation(path, 1, "a header begins with #pragma once")
    patterns = [p for p in PATTERNS if re.fullmatch(p.files, path) and not re.match(p.allowed, path)]
    for number, line in enumerate(lines, 1):
        for pattern in patterns:
            if match := re.search(pattern.found, line):
                yield Violation(path, number, f"'{match.group().strip()}': {pattern.why}")
        for machine_path in machine_paths:
            if re.search(rf"(?<![\w./~-]){re.escape(machine_path)}(?![\w-])", line):
                yield Violation(path, number, f"'{machine_path}' is a path of this machine")
        include = INCLUDE.match(line) if is_code else None
        if include and (problem := include_problem(path, include.group(1))):
            yield Violation(path, number, problem)


def tracked_files(root: pathlib.Path) -> list[str]:
    """Committed files and those that could be."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    return sorted(n for n in names if n and (root / n).is_file() and not (root / n).is_symlink())


def check_tree(root: pathlib.Path) -> list[Violation]:
    machine_paths = [p for p in (str(root), os.environ.get("HOME", "")) if p.count("/") >= 1 and len(p) > 1]
    violations = []
    for name in tracked_files(root):
        try:
            text = (root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # golden bytes, corpora
        violations += check_file(name, text, machine_paths)
    return violations


def main() -> int:
    violations = check_tree(pathlib.Path(__file__).resolve().parent.parent)
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
