"""Flags and configuration: what is wrong is said with file, line and key, and the exit code tells the kinds apart."""

import json
import subprocess

import pytest

from tests.harness import settings
from tests.harness.programs import run_cli

AGENT, COLLECTOR, CLI = (str(p) for p in (settings.AGENT, settings.COLLECTOR, settings.CLI))


def run(*argv: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=settings.scaled(20), check=False
    )


@pytest.mark.parametrize("program", [AGENT, COLLECTOR, CLI])
def test_help_and_version(program):
    shown = run(program, "--help")
    assert shown.returncode == 0 and "--version" in shown.stdout
    version = run(program, "--version")
    assert version.returncode == 0 and version.stdout.strip()


@pytest.mark.parametrize("program", [AGENT, COLLECTOR, CLI])
def test_an_unknown_flag_is_a_usage_error(program):
    done = run(program, "--no-such-flag")
    assert done.returncode == 2
    assert "--no-such-flag" in done.stderr and "--help" in done.stderr


@pytest.mark.parametrize(
    "program, text, line, words",
    [
        (AGENT, "sources:\n  - {name: a, root: /tmp}\ncolector: {}\n", 3, ["colector", "did you mean", "collector"]),
        (AGENT, "sources:\n  - name: a\n    root: /tmp\n    start_at: begining\n", 4, ["start_at", "begining", "beginning"]),
        (AGENT, "sources:\n  - name: a\n    root: /tmp\n    parser: yaml\n", 4, ["parser", "yaml", "logfmt"]),
        (AGENT, "checkpoint:\n  interval: 5\nsources:\n  - {name: a, root: /tmp}\n", 2, ["interval", "5", "unit"]),
        (AGENT, "sources:\n  - name: a\n    root: /tmp\n    topic: '{nope}'\n", 4, ["topic", "nope"]),
        (AGENT, "sources:\n  - name: a\n    root: /tmp\n    include: ['[']\n", 4, ["include", "["]),
        (AGENT, "sources:\n  - name: a\n", 2, ["root"]),
        (AGENT, "a: [\n", None, []),
        (COLLECTOR, "log:\n  engine: rockdb\n", 2, ["engine", "rockdb", "rocksdb"]),
        (COLLECTOR, "log:\n  retention: {bytes: 10Gx}\n", 2, ["bytes", "10Gx"]),
        (COLLECTOR, "listen: {grpc: '7070'}\n", 1, ["grpc", "7070"]),
        (COLLECTOR, "log: {}\nlog: {}\n", 2, ["log"]),
        (COLLECTOR, "lisen: {}\n", 1, ["lisen", "did you mean", "listen"]),
    ],
)
def test_a_wrong_configuration_names_file_line_key_and_what_is_allowed(tmp_path, program, text, line, words):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    for extra in ([], ["--check-config"]):
        done = run(program, f"--config={path}", *extra)
        assert done.returncode == 2, done.stderr
        assert str(path) in done.stderr
        if line is not None:
            assert f"{path}:{line}" in done.stderr
        for word in words:
            assert word in done.stderr


def test_all_errors_are_told_at_once(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("one: 1\nsources:\n  - {name: a, root: /tmp, two: 2}\n")
    done = run(AGENT, f"--config={path}", "--check-config")
    assert done.returncode == 2
    assert f"{path}:1" in done.stderr and f"{path}:3" in done.stderr


def test_a_missing_configuration_file_is_an_error(tmp_path):
    for program in (AGENT, COLLECTOR):
        done = run(program, f"--config={tmp_path}/none.yaml")
        assert done.returncode == 2 and f"{tmp_path}/none.yaml" in done.stderr


def test_check_config_accepts_the_documented_files(tmp_path):
    agent = tmp_path / "agent.yaml"
    agent.write_text(
        """\
agent: {id: web-1, state_dir: /var/lib/sluice/agent, http_address: 127.0.0.1:7072}
collector: {address: 127.0.0.1:7070}
checkpoint: {interval: 1s, records: 10000}
sources:
  - name: app
    root: /var/log/app
    include: ["**/*"]
    exclude: ["**/*.gz", "**/*.zst"]
    topic: "{dir}"
    start_at: beginning
    parser: auto
    labels: {service: shop, environment: prod}
"""
    )
    collector = tmp_path / "collector.yaml"
    collector.write_text(
        """\
listen: {grpc: 127.0.0.1:7070, http: 127.0.0.1:7071}
data_dir: /var/lib/sluice/collector
log:
  engine: rocksdb
  retention: {bytes: 10GiB, age: 7d}
"""
    )
    for program, path in ((AGENT, agent), (COLLECTOR, collector)):
        done = run(program, f"--config={path}", "--check-config")
        assert done.returncode == 0, done.stderr


def test_check_config_touches_nothing(tmp_path):
    data = tmp_path / "data"
    assert run(COLLECTOR, f"--data-dir={data}", "--check-config").returncode == 0
    assert run(AGENT, f"--state-dir={tmp_path}/state", str(tmp_path), "--check-config").returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_an_agent_without_anything_to_watch_is_a_usage_error():
    done = run(AGENT)
    assert done.returncode == 2 and "name a directory" in done.stderr


def test_a_directory_that_is_not_there_is_a_usage_error(tmp_path):
    """On the command line it is a slip of the finger, most likely."""
    done = run(AGENT, f"--state-dir={tmp_path}/state", f"{tmp_path}/nowhere")
    assert done.returncode == 2 and f"{tmp_path}/nowhere" in done.stderr


@pytest.mark.parametrize("flag", ["--grpc-address", "--http-address"])
def test_listening_beyond_loopback_needs_a_word(tmp_path, flag):
    done = run(COLLECTOR, f"--data-dir={tmp_path}/data", f"{flag}=0.0.0.0:0")
    assert done.returncode == 2
    assert "0.0.0.0" in done.stderr and "--insecure" in done.stderr


def test_an_agent_beyond_loopback_needs_a_word(tmp_path):
    done = run(AGENT, f"--state-dir={tmp_path}/state", "--http-address=0.0.0.0:0", str(tmp_path))
    assert done.returncode == 2
    assert "0.0.0.0" in done.stderr and "--insecure" in done.stderr


def test_insecure_lets_it_listen(sandbox):
    collector = sandbox.collector(start=False)
    collector.argv = [a.replace("--grpc-address=127.0.0.1", "--grpc-address=0.0.0.0") for a in collector.argv]
    collector.argv.append("--insecure")
    collector.start()
    collector.stop()


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", ":7070", "127.0.0.1:99999", "127.0.0.1:x"])
def test_a_bad_address_is_a_usage_error(tmp_path, address):
    done = run(COLLECTOR, f"--grpc-address={address}", f"--data-dir={tmp_path}/data")
    assert done.returncode == 2 and address in done.stderr


@pytest.mark.parametrize(
    "args, words",
    [
        (["tail", "--severity=loud"], ["loud", "warn"]),
        (["tail", "--regex=("], ["regex"]),
        (["tail", "--output=xml"], ["xml", "json"]),
        (["tail", "--from=yesterdayish"], ["yesterdayish"]),
        (["tail", "--limit=many"], ["many"]),
        (["tail", "--limit=-1"], ["-1", "whole number"]),
        (["generate", "--dir=/tmp", "--count=0"], ["--count", "from 1 on"]),
        (["generate"], ["--dir"]),
        (["generate", "--dir=/tmp", "--kind=poem"], ["poem", "access"]),
        (["tial"], ["tial"]),
    ],
)
def test_wrong_arguments_of_the_command_line(sandbox, args, words):
    sandbox.collector()
    extra = [f"--collector={sandbox.collector_process.address}"] if args[0] == "tail" else []
    done = run_cli(*args, *extra)
    assert done.returncode == 2, done.stderr.decode()
    for word in words:
        assert word in done.stderr.decode()


@pytest.mark.parametrize(
    "args, word",
    [
        (["tail", "--regex=("], "missing )"),
        (["tail", "--regex=(?=x)"], "invalid perl operator"),
        (["tail", "shop["], "shop["),
        (["tail", "--group=a b"], "--group"),
        (["tail", "--from=2026-11-20T09:00:00Z", "--to=2026-11-20T08:00:00Z"], "--to is not after --from"),
        (["topics", "{a"], "{a"),
    ],
)
def test_what_is_wrong_without_a_collector_is_said_at_once(sandbox, args, word):
    """`tail` would wait for ever for a collector that is not there."""
    done = sandbox.cli_alone(*args, "--collector=127.0.0.1:1")
    assert done.returncode == 2, done.stderr.decode()
    assert word in done.stderr.decode()


def test_logs_are_structured(sandbox):
    collector = sandbox.collector(start=False)
    collector.argv.append("--log-format=json")
    collector.start()
    collector.stop()
    events = [json.loads(line) for line in collector.log().splitlines()]
    assert events and all({"time", "level", "msg"} <= set(event) for event in events)


def test_no_collector_is_said(sandbox):
    done = sandbox.cli_alone("topics", "--collector=127.0.0.1:1")
    assert done.returncode == 1 and b"127.0.0.1:1" in done.stderr
