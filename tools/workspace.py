"""This clone, its Bazel, and the cache that all clones share."""

import json
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterator
from urllib.parse import unquote, urlparse

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(
    os.environ.get("SLUICE_CACHE")
    or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sluice"
)
PROGRAMS = ["//agent:sluice-agent", "//collector:sluice-collector", "//consumer:sluice"]


def bazel_flags(config: str | None) -> list[str]:
    """The flags of every command; a config (asan, tsan, fuzz) gets an output folder of its own, so that bazel-bin stays."""
    flags = []
    if config:
        flags = [f"--config={config}", f"--platform_suffix=-{config}", "--experimental_convenience_symlinks=ignore"]
    if config == "tsan":
        flags.append(f"--linkopt=-Wl,-rpath,{CACHE / 'librdkafka-tsan'}")
    return flags


def bazel(command: str, *args: str, config: str | None = None, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run(["bazel", command, *bazel_flags(config), *args], cwd=ROOT, **kwargs)


def bazel_output(command: str, *args: str, config: str | None = None) -> str:
    flags = [] if command == "query" else bazel_flags(config)
    done = subprocess.run(
        ["bazel", command, *flags, *args], cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE
    )
    return done.stdout.strip()


def bin_directory(config: str | None = None) -> pathlib.Path:
    """Where `config`'s binaries lie."""
    return pathlib.Path(bazel_output("info", "bazel-bin", config=config))


def bazel_test(*args: str, config: str | None = None) -> tuple[int, list[dict]]:
    """Runs `bazel test`; its exit code and its build events."""
    with tempfile.NamedTemporaryFile(suffix=".json") as events:
        done = bazel("test", f"--build_event_json_file={events.name}", *args, config=config)
        return done.returncode, [json.loads(line) for line in events.read().splitlines()]


def test_results(events: list[dict]) -> Iterator[tuple[str, str, pathlib.Path | None]]:
    """Label, status and test.xml of each target that was to run, also of those that did not build."""
    for event in events:
        kind = event.get("id", {})
        if "testResult" in event:
            outputs = {o["name"]: o.get("uri", "") for o in event["testResult"].get("testActionOutput", [])}
            uri = outputs.get("test.xml")
            xml = pathlib.Path(unquote(urlparse(uri).path)) if uri else None
            yield kind["testResult"]["label"], event["testResult"].get("status", "?"), xml
        elif "targetCompleted" in kind and not event.get("completed", {}).get("success"):
            yield kind["targetCompleted"]["label"], "NOT_BUILT", None


def files(*patterns: str) -> list[str]:
    """The clone's files of these git patterns, committed or not, without ignored ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    return sorted(n for n in names if n and (ROOT / n).is_file())
